"""When a list is held until a person confirms it (docs/feeds.md, "Held")."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from statistics import median
from typing import Any, Final, get_args

from contracts.facts import Fact
from shouwang.kit.adapter.listing import Listing
from shouwang.kit.adapter.statements import ListSaid, Said

ENDED: Final = frozenset({"迁出", "死亡", "停发"})
"""Facts that say so are expected to vanish and count in neither number."""
LEAST_VANISHED: Final = 10
VANISHED_SHARE: Final = 5
"""More than one in five."""
MONTH_SHARE: Final = Decimal("0.8")
UNIT_RATIO: Final = 20

Pair = tuple[str, str]
"""What the list before and this one say of a fact, as JSON."""


def vanished(listing: Listing, before: Sequence[ListSaid], standing: Collection[Said], ended: Collection[Said]) -> str:
    """Too many facts would end by silence, unless it is the scope's first list; empty: fine."""
    stood, gone = _lasting(standing), _lasting(ended)
    if before and gone >= LEAST_VANISHED and gone * VANISHED_SHARE > stood:
        return f"{_scope(listing)}比现有的{stood}条少了{gone}条，请确认名单是完整的"
    return ""


def _lasting(said: Iterable[Said]) -> int:
    return sum(not any(f'"{word}"' in one.content for word in ENDED) or not _says_ended(one.content) for one in said)


def _says_ended(content: str) -> bool:
    fact = json.loads(content)
    return fact.get("变动") in ENDED or fact.get("状态") in ENDED


def short_month(listing: Listing, lists: Mapping[str, Sequence[ListSaid]]) -> str:
    """Far fewer readable rows than the calendar month before had, in the newest list of its month; empty: fine."""
    said = listing.said
    before = max(lists.get(month_before(said.period), ()), key=lambda one: one.at, default=None)
    newest = all(one.at < said.at for one in lists.get(said.period, ()))
    if before and newest and said.readable < MONTH_SHARE * before.readable:
        return f"{_scope(listing)}只有{said.readable}行，上月有{before.readable}行，请确认名单是完整的"
    return ""


def month_before(month: str) -> str:
    """`2025-12` of `2026-01`."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year - 1}-12" if number == 1 else f"{year}-{number - 1:02}"


def lacking_columns(columns: Collection[str], before: frozenset[str] | None) -> str:
    """Columns the feed's last list had are missing; empty: fine."""
    missing = sorted((before or frozenset()) - set(columns))
    return f"缺少上次名单有的列：{'、'.join(missing)}，请补上或确认" if missing else ""


def confused_unit(fact: type[Fact], pairs: Sequence[Pair]) -> str:
    """An amount's median is 20 times, or a twentieth of, what the list before said of the same rows; empty: fine."""
    names = amount_fields(fact)
    if not names or not pairs:
        return ""
    read = [(json.loads(old), json.loads(new)) for old, new in pairs]
    for name in names:
        both = [(Decimal(old[name]), Decimal(new[name])) for old, new in read if name in old and name in new]
        then, now = (median(values) for values in zip(*both, strict=True)) if both else (Decimal(0), Decimal(0))
        if then and now and (now >= UNIT_RATIO * then or then >= UNIT_RATIO * now):
            return f"“{name}”的中位数由{then:f}变为{now:f}，请核对单位是元还是万元"
    return ""


def amount_fields(fact: type[Fact]) -> tuple[str, ...]:
    """The fields of a fact that are money."""
    return tuple(name for name, field in fact.model_fields.items() if Decimal in _parts(field.annotation))


def _parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)


def _scope(listing: Listing) -> str:
    return f"{listing.said.period}名单" if listing.said.period else "名单"
