"""When a list is held until a person confirms it (docs/feeds.md, "Held")."""

import json
import re
from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, get_args

from contracts.facts import Fact
from shouwang.kit.adapter.statements import ListSaid

ENDED: Final = frozenset({"迁出", "死亡", "停发"})
"""Facts that say so are expected to vanish and count in neither number."""
LEAST_VANISHED: Final = 10
VANISHED_SHARE: Final = 5
"""More than one in five."""
MONTH_SHARE: Final = Decimal("0.8")
UNIT_RATIO: Final = 20

_SAYS_ENDED: Final = ("变动", "状态")
_MAYBE: Final = re.compile("|".join(sorted(ENDED)))


def vanished(period: str, before: bool, stood: int, gone: int) -> str:
    """Too many of the lasting facts would end by silence, unless it is the scope's first list; empty: fine."""
    if before and gone >= LEAST_VANISHED and gone * VANISHED_SHARE > stood:
        return f"{_scope(period)}比现有的{stood}条少了{gone}条，请确认名单是完整的"
    return ""


def lasts(content: str) -> bool:
    """False for facts that are expected to vanish."""
    if _MAYBE.search(content) is None:
        return True
    fact = json.loads(content)
    return not any(fact.get(name) in ENDED for name in _SAYS_ENDED)


def short_month(said: ListSaid, lists: Mapping[str, Sequence[ListSaid]]) -> str:
    """Far fewer readable rows than the calendar month before had, in the newest list of its month; empty: fine."""
    before = max(lists.get(month_before(said.period), ()), key=lambda one: one.at, default=None)
    newest = all(one.at < said.at for one in lists.get(said.period, ()))
    if before and newest and said.readable < MONTH_SHARE * before.readable:
        return f"{_scope(said.period)}只有{said.readable}行，上月有{before.readable}行，请确认名单是完整的"
    return ""


def month_before(month: str) -> str:
    """`2025-12` of `2026-01`."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year - 1}-12" if number == 1 else f"{year}-{number - 1:02}"


def lacking_columns(columns: Collection[str], before: frozenset[str] | None) -> str:
    """Columns the feed's last list had are missing; empty: fine."""
    missing = sorted((before or frozenset()) - set(columns))
    return f"缺少上次名单有的列：{'、'.join(missing)}，请补上或确认" if missing else ""


class Amounts:
    """The amounts of the rows that a list shares with the list before, as numbers: eight bytes each."""

    def __init__(self, fact: type[Fact]) -> None:
        self.names = amount_fields(fact)
        self._find = re.compile(f'"({"|".join(map(re.escape, self.names))})":"([0-9.]+)"') if self.names else None
        self._same = {name: array("d") for name in self.names}
        self._then = {name: array("d") for name in self.names}
        self._now = {name: array("d") for name in self.names}

    def share(self, then: str, now: str) -> None:
        """What the list before and this one say of a fact, as JSON."""
        if self._find is None:
            return
        found = self._find.findall(now)
        if then == now:
            for name, amount in found:
                self._same[name].append(float(amount))
            return
        before = dict(self._find.findall(then))
        for name, amount in found:
            if name in before:
                self._then[name].append(float(before[name]))
                self._now[name].append(float(amount))

    def confused_unit(self) -> str:
        """An amount's median is 20 times, or a twentieth of, what the list before said; empty: fine."""
        for name in self.names:
            same = sorted(self._same[name])
            then, now = _median(same, self._then[name]), _median(same, self._now[name])
            if then and now and (now >= UNIT_RATIO * then or then >= UNIT_RATIO * now):
                return f"“{name}”的中位数由{then:f}变为{now:f}，请核对单位是元还是万元"
        return ""


def _median(same: list[float], others: Sequence[float]) -> Decimal:
    """The median of both together, 0 of nothing; amounts have at most six decimals and are below a trillion."""
    values = sorted([*same, *sorted(others)]) if others else same
    if not values:
        return Decimal(0)
    middle = len(values) // 2
    two = values[middle : middle + 1] if len(values) % 2 else values[middle - 1 : middle + 1]
    exact = [Decimal(f"{value:.6f}".rstrip("0").rstrip(".")) for value in two]
    return sum(exact, Decimal(0)) / len(exact)


def amount_fields(fact: type[Fact]) -> tuple[str, ...]:
    """The fields of a fact that are money."""
    return tuple(name for name, field in fact.model_fields.items() if Decimal in _parts(field.annotation))


def _parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)


def _scope(period: str) -> str:
    return f"{period}名单" if period else "名单"
