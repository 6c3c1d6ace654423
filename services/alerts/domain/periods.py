"""Days and months a condition may reckon with: the end of a month, the last complete months, days and months apart."""

import ast
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from services.alerts.domain import kinds
from services.alerts.domain.kinds import Kind
from services.alerts.domain.node import Node, Refused
from services.alerts.domain.scope import Scope
from services.alerts.domain.values import ABSENT

if TYPE_CHECKING:
    from services.alerts.domain.condition import Compiler

REMEMBERED: Final = 4096
"""Months and days whose answers are kept: a county's facts name a few hundred."""
LONGEST: Final = 120
"""Months a condition may look back."""


def arguments(compiler: "Compiler", node: ast.Call, *wanted: Kind) -> list[Node]:
    """The arguments of a call, each of the kind wanted, none drifting with the day."""
    name = ast.unparse(node.func)
    if len(node.args) != len(wanted):
        raise Refused(f"{name}(…) 要 {len(wanted)} 个参数", node)
    found = [compiler.steady(one) for one in node.args]
    for part, kind, source in zip(found, wanted, node.args, strict=True):
        if part.kind != kind:
            raise Refused(f"{name}(…) 里 `{ast.unparse(source)}` 应是{kind.title}，不是{part.kind.title}", node)
    return found


def whole(part: Node, node: ast.Call, most: int) -> int:
    """A count of days or months that must be written as a whole number."""
    if not part.literal or not part.fixed or not isinstance(part.fixed[0], int) or not 0 <= part.fixed[0] <= most:
        raise Refused(f"`{ast.unparse(node)}` 里的数要写成 0 到 {most} 的整数", node)
    return int(part.fixed[0])


def first_of_month(day: date, later: int) -> date | None:
    """The first day of the month so many months after a day's; None beyond the calendar."""
    months = day.year * 12 + day.month - 1 + later
    return date(months // 12, months % 12 + 1, 1) if months < (date.max.year + 1) * 12 else None


def _end(compiler: "Compiler", node: ast.Call) -> Node:
    """`end(month)`: its last day; the month is complete from the day after (docs/rulepack.md)."""
    (month,) = arguments(compiler, node, kinds.MONTH)
    code = compiler.write("$last(@m) if type(@m := $month) is $text else @m", last=_last_day, month=month, text=str)
    return Node(kinds.DATE, code, month.needs)


@lru_cache(maxsize=REMEMBERED)
def _last_day(month: str) -> date:
    year, number = int(month[:4]), int(month[5:])
    return date(year, number, monthrange(year, number)[1])


def _last_months(compiler: "Compiler", node: ast.Call) -> Node:
    """`last_months(n)`: the last n complete months, newest first; to go through in any(…) and the like."""
    (count,) = arguments(compiler, node, kinds.NUMBER)
    n = whole(count, node, LONGEST)

    def run(scope: Scope) -> tuple[str, ...]:
        months, changes = _months_before(scope.today, n)
        scope.note(changes)
        return months

    return Node(kinds.MONTHS, run)


@lru_cache(maxsize=REMEMBERED)
def _months_before(day: date, n: int) -> tuple[tuple[str, ...], date | None]:
    at = day.year * 12 + day.month - 1
    months = tuple(f"{one // 12:04}-{one % 12 + 1:02}" for one in range(at - 1, at - 1 - n, -1))
    return months, first_of_month(day, 1)


def _days(compiler: "Compiler", node: ast.Call) -> Node:
    """`days(earlier, later)`: the days from one date to another, negative where they are the other way round."""
    earlier, later = arguments(compiler, node, kinds.DATE, kinds.DATE)
    a, b = earlier.run, later.run

    def run(scope: Scope) -> Any:
        begins, ends = a(scope), b(scope)
        if begins is ABSENT or ends is ABSENT:
            return ABSENT
        return None if begins is None or ends is None else (ends - begins).days

    return Node(kinds.NUMBER, run, earlier.needs or later.needs)


def _months_after(compiler: "Compiler", node: ast.Call) -> Node:
    """`months_after(day, n)`: so many calendar months later, clamped to the month's end (docs/rulepack.md)."""
    day, count = arguments(compiler, node, kinds.DATE, kinds.NUMBER)
    then, n = day.run, whole(count, node, LONGEST)

    def run(scope: Scope) -> Any:
        began = then(scope)
        return began if began is None or began is ABSENT else _later(began, n)

    return Node(kinds.DATE, run, day.needs)


@lru_cache(maxsize=REMEMBERED)
def _later(day: date, n: int) -> date:
    first = first_of_month(day, n)
    if first is None:
        return date.max
    return first + timedelta(days=min(day.day, monthrange(first.year, first.month)[1]) - 1)


CALLS: Final[dict[str, Callable[["Compiler", ast.Call], Node]]] = {
    "end": _end,
    "last_months": _last_months,
    "days": _days,
    "months_after": _months_after,
}
