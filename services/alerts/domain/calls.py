"""The functions a condition may call: time, limits, knowledge, and (in rules) the signals of the household."""

import ast
from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from contracts.vocabulary import Shape
from services.alerts.domain import access, counting, generators, kinds, periods, series
from services.alerts.domain.code import Code
from services.alerts.domain.household import Member, months_between
from services.alerts.domain.kinds import ANSWER
from services.alerts.domain.node import Node, Refused, Threshold
from services.alerts.domain.periods import arguments, first_of_month, whole
from services.alerts.domain.scope import Scope
from services.alerts.domain.terms import expand
from services.alerts.domain.values import ABSENT

if TYPE_CHECKING:
    from services.alerts.domain.condition import Compiler


MOST_DAYS: Final = 3660
"""Days a window may be long."""
BIRTHS: Final = 8192
"""Months of birth whose age is remembered: a century's, on a few days."""
DAYS: Final = 64
"""Judged days whose periods are remembered; one day is judged at a time, replays go through a few."""


def call(compiler: "Compiler", node: ast.Call) -> Node:
    """Compile a call of a function of the vocabulary or of a term of the county."""
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if any(keyword.arg is None for keyword in node.keywords):
        raise Refused("不能用 ** 传参数", node)
    if name in compiler.language.terms:
        return compiler.compile(expand(compiler.language.terms[name], node))
    compile_call = _CALLS.get(name)
    if compile_call is None:
        raise Refused(f"不认识“{ast.unparse(node.func)}(…)”", node)
    if node.keywords and name not in counting.WITH_KEYWORDS:
        raise Refused(f"{name}(…) 没有这样的参数", node)
    return compile_call(compiler, node)


_UNITS: Final = {"元": kinds.AMOUNT, "倍": kinds.NUMBER}


def _within(compiler: "Compiler", node: ast.Call) -> Node:
    """`within(day, n)`: 0 ≤ today − day ≤ n, both "in the last n days" and "until n days after" (docs/rulepack.md)."""
    day, days = arguments(compiler, node, kinds.DATE, kinds.NUMBER)
    length = whole(days, node, MOST_DAYS)
    then, longest = day.run, timedelta(days=length)

    if compiler.watch is None:
        return Node(ANSWER, compiler.write("$within(s, $day)", within=_since(longest), day=day), day.needs)
    run = _since(longest)
    threshold = Threshold(ast.unparse(node), (length,))
    compiler.watch.append(threshold)

    def watched(scope: Scope) -> bool | None:
        began = then(scope)
        said = run(scope, began)
        if isinstance(began, date):
            threshold.seen.append(((scope.today - began).days, length, said))
        return said

    return Node(ANSWER, watched, day.needs)


def _since(longest: timedelta) -> Callable[[Scope, Any], bool | None]:
    after = longest + timedelta(days=1)

    def since(scope: Scope, began: Any) -> bool | None:
        if began is None or began is ABSENT:
            return None if began is None else False
        today = scope.today
        if today < began:
            scope.note(began)
            return False
        if today - began > longest:
            return False
        scope.note(began + after)
        return True

    return since


def _days_since(compiler: "Compiler", node: ast.Call) -> Node:
    """`days_since(day)`: days from a day to today, negative before it."""
    (day,) = arguments(compiler, node, kinds.DATE)
    then = day.run

    def run(scope: Scope) -> Any:
        began = then(scope)
        return began if began is None or began is ABSENT else (scope.today - began).days

    return Node(kinds.NUMBER, run, day.needs, drifts=True)


def _age(compiler: "Compiler", node: ast.Call) -> Node:
    """`age(person)`: whole years, counted in months (docs/rulepack.md)."""
    (person,) = arguments(compiler, node, kinds.PERSON)
    return Node(kinds.NUMBER, compiler.write("$years(s, $who)", years=_years, who=person))


def _years(scope: Scope, who: Member) -> int:
    years, birthday = _age_on(who.membership.出生年月, scope.today)
    scope.note(birthday)
    return years


@lru_cache(maxsize=BIRTHS)
def _age_on(born: str, day: date) -> tuple[int, date | None]:
    months = months_between(born, day)
    return months // 12, first_of_month(day, 12 - months % 12)


def _year(compiler: "Compiler", node: ast.Call) -> Node:
    """`year(today)`."""
    _only_today(compiler, node)

    def run(scope: Scope) -> str:
        year, next_year = _year_of(scope.today)
        scope.note(next_year)
        return year

    return Node(kinds.YEAR, once(compiler, "year", run))


def once(compiler: "Compiler", key: object, find: Callable[[Scope], Any]) -> Code:
    """What is the same for all of a household: found once while it is judged (again where it is unknown)."""

    def remember(scope: Scope) -> Any:
        value = scope.found[key] = find(scope)
        return value

    template = "@v if (@v := s.found.get($key)) is not None else $remember(s)"
    return compiler.write(template, key=key, remember=remember)


@lru_cache(maxsize=DAYS)
def _year_of(day: date) -> tuple[str, date | None]:
    return f"{day.year:04}", first_of_month(day, 13 - day.month)


def _school_year(compiler: "Compiler", node: ast.Call) -> Node:
    """`school_year(today)`: from 1 September to 31 August (docs/rulepack.md)."""
    _only_today(compiler, node)

    def run(scope: Scope) -> str:
        today = scope.today
        scope.note(first_of_month(today, (9 - today.month) % 12 or 12))
        first = today.year if today.month >= 9 else today.year - 1
        return f"{first:04}-{first + 1:04}"

    return Node(kinds.SCHOOL_YEAR, once(compiler, "school year", run))


def _only_today(_: "Compiler", node: ast.Call) -> None:
    if len(node.args) != 1 or ast.unparse(node.args[0]) != "today":
        raise Refused(f"{ast.unparse(node.func)}(…) 里只能写 today", node)


def _limit(compiler: "Compiler", node: ast.Call) -> Node:
    """`limit("name")`: the parameter that holds for the household's class and village today."""
    name = literal(node, 0)
    if name not in compiler.language.limits:
        raise Refused(f"parameters.toml 里没有“{name}”", node)
    compiler.reads.limits.add(name)
    parameter = compiler.language.limits[name]
    by_place = parameter.by_place

    def run(scope: Scope) -> Any:
        value, changes = parameter.value(scope.class_, scope.village if by_place else "", scope.today)
        scope.note(changes)
        return value

    return Node(_UNITS[parameter.unit], once(compiler, ("limit", name), run), fixed=tuple(sorted(parameter.values)))


def literal(node: ast.Call, position: int) -> str:
    """The argument of a call that must be a name in quotes."""
    found = node.args[position] if position < len(node.args) else None
    if not isinstance(found, ast.Constant) or not isinstance(found.value, str):
        raise Refused(f"{ast.unparse(node.func)}(…) 里要写带引号的名称", node)
    return found.value


def _known(compiler: "Compiler", node: ast.Call) -> Node:
    """`known(condition)`: it is known to hold; not knowing counts as no (docs/design.md 4.6)."""
    with compiler.certainty():
        (part,) = arguments(compiler, node, ANSWER)
    return Node(ANSWER, compiler.write("$part is True", part=part), part.needs)


def _stated(compiler: "Compiler", node: ast.Call) -> Node:
    """`stated(field)`: a value stands there."""
    part = _value(compiler, node)
    code = compiler.write("(@v := $part) is not None and @v is not $absent", part=part, absent=ABSENT)
    return Node(ANSWER, code, part.needs)


def _empty(compiler: "Compiler", node: ast.Call) -> Node:
    """`empty(field)`: not stated, or stated to be none."""
    part = _value(compiler, node)
    return Node(ANSWER, compiler.write("(@v := $part) is None or @v is $absent", part=part, absent=ABSENT))


def _value(compiler: "Compiler", node: ast.Call) -> Node:
    if len(node.args) != 1 or not isinstance(node.args[0], ast.Attribute):
        raise Refused(f"{ast.unparse(node.func)}(…) 里要写一栏", node)
    with compiler.reading(sensitive=True):
        return compiler.steady(node.args[0])


def _listed(compiler: "Compiler", node: ast.Call) -> Node:
    """`listed(fact)`: it is in the list; unknown until a list of the scope came that could read the subject."""
    run = _in_list(compiler, node)
    return Node(ANSWER, lambda scope: None if (word := run(scope)) is None else word is not ABSENT)


def _missing(compiler: "Compiler", node: ast.Call) -> Node:
    """`missing(fact)`: it is known not to be in the list."""
    run = _in_list(compiler, node)
    return Node(ANSWER, lambda scope: None if (word := run(scope)) is None else word is ABSENT)


def _in_list(compiler: "Compiler", node: ast.Call) -> Callable[[Scope], Any]:
    with compiler.reading(sensitive=True):
        part = compiler.compile(node.args[0]) if len(node.args) == 1 else None
    if part is None or part.kind.name != "fact" or part.kind.fact is None:
        raise Refused(f"{ast.unparse(node.func)}(…) 里要写一条数据", node)
    if part.kind.fact.meta.shape is not Shape.LIST:
        raise Refused(f"“{part.kind.fact.meta.title}”不是名单，说不出谁不在其中", node)
    return part.run


_CALLS: Final[dict[str, Callable[["Compiler", ast.Call], Node]]] = {
    "within": _within,
    "days_since": _days_since,
    "age": _age,
    "year": _year,
    "school_year": _school_year,
    "limit": _limit,
    "known": _known,
    "stated": _stated,
    "empty": _empty,
    "listed": _listed,
    "missing": _missing,
    "none": access.none,
    **periods.CALLS,
    **series.CALLS,
    **generators.CALLS,
    **counting.CALLS,
}
