"""Comparisons: the only place where a condition meets a boundary, of amount or of time."""

import ast
import operator
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from services.alerts.domain import kinds
from services.alerts.domain.code import Code
from services.alerts.domain.kinds import ANSWER, NUMERIC, ORDERED, TEXT
from services.alerts.domain.node import Node, Refused, Threshold, smallest
from services.alerts.domain.scope import Scope
from services.alerts.domain.values import ABSENT, compare

if TYPE_CHECKING:
    from services.alerts.domain.condition import Compiler

OPERATIONS: Final[dict[type[ast.cmpop], Callable[[Any, Any], bool]]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda one, many: one in many,
    ast.NotIn: lambda one, many: one not in many,
}
ORDERING: Final = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def comparison(compiler: "Compiler", node: ast.Compare) -> Node:
    """Compile a comparison or a chain of them, each operand once."""
    sources = [node.left, *node.comparators]
    parts = [compiler.compile(source) for source in sources]
    steps = [
        _pair(compiler, op, (parts[n], sources[n]), (parts[n + 1], sources[n + 1])) for n, op in enumerate(node.ops)
    ]
    needs = smallest([part for n, part in enumerate(parts) if _demands(part, n, node, parts)])
    return Node(ANSWER, _chain(compiler, parts, node.ops, steps), needs)


Step = Callable[[Scope, Any, Any], bool | None]


def _chain(compiler: "Compiler", parts: list[Node], ops: list[ast.cmpop], steps: list[Step | None]) -> Code:
    """Every operand once, from the left; a step of None is an ordinary comparison, written out for known values."""
    given: dict[str, Any] = {f"p{n}": part for n, part in enumerate(parts)}
    found = ""
    for n, (op, step) in enumerate(zip(ops, steps, strict=True)):
        left, right = f"@o{n}" if n else f"@o{n} := $p{n}", f"@o{n + 1} := $p{n + 1}"
        if step is None:
            given |= {
                f"a{n}": _known_as(parts[n]), f"b{n}": _known_as(parts[n + 1]),
                f"slow{n}": partial(compare, OPERATIONS[type(op)]),
            }  # fmt: skip
            if isinstance(op, ast.In | ast.NotIn):
                given |= {f"p{n + 1}": frozenset(parts[n + 1].fixed or ())}
                known = f"type({left}) is $a{n}"
                right = f"$p{n + 1}"
                text = f"@o{n} {_sign(op)} {right} if {known} else $slow{n}(@o{n}, {right})"
            else:
                known = f"(type({left}) is $a{n}) & (type({right}) is $b{n})"
                text = f"@o{n} {_sign(op)} @o{n + 1} if {known} else $slow{n}(@o{n}, @o{n + 1})"
        else:
            given[f"step{n}"] = step
            text = f"$step{n}(s, ({left}), ({right}))"
        found = (
            f"False if (@s{n} := ({found})) is False else @t{n} if (@t{n} := ({text})) is False or @s{n} else None"
            if n
            else text
        )
    return compiler.write(found, **given)


def _known_as(part: Node) -> type:
    """The type of its values where they are known; any other goes the long way."""
    if part.literal and part.fixed:
        return type(part.fixed[0])
    return {kinds.AMOUNT: Decimal, kinds.BALANCE: Decimal, kinds.DATE: date}.get(
        part.kind, int if part.kind in NUMERIC else str
    )


def _demands(part: Node, position: int, node: ast.Compare, parts: list[Node]) -> bool:
    """A known value is needed on both sides; a count is 0 without facts, so only "at least one" demands them."""
    if part.kind != kinds.COUNT:
        return True
    following = parts[position + 1] if position + 1 < len(parts) else None
    if following is None or not following.literal or not following.fixed:
        return False
    least = following.fixed[0] + isinstance(node.ops[position], ast.Gt)
    return isinstance(node.ops[position], ast.Gt | ast.GtE) and least >= 1


def _pair(
    compiler: "Compiler", op: ast.cmpop, left: tuple[Node, ast.expr], right: tuple[Node, ast.expr]
) -> Step | None:
    """The comparison, checked; None where it is an ordinary one."""
    (a, source), (b, other) = left, right
    text = f"{ast.unparse(source)} {_sign(op)} {ast.unparse(other)}"
    if type(op) not in OPERATIONS:
        raise Refused(f"`{text}`：不能这样比较", source)
    _check_pair(op, a, b, text, source)
    operation = OPERATIONS[type(op)]
    drifts = a.drifts or b.drifts
    if compiler.watch is None or not isinstance(op, ORDERING):
        return _drifting(operation, a) if drifts else None
    step = _drifting(operation, a) if drifts else lambda _, x, y: compare(operation, x, y)
    threshold = Threshold(text, b.fixed or a.fixed)
    compiler.watch.append(threshold)

    def watched(scope: Scope, x: Any, y: Any) -> bool | None:
        said = step(scope, x, y)
        threshold.seen.append((x, y, said))
        return said

    return watched


def _sign(op: ast.cmpop) -> str:
    names = {"Eq": "==", "NotEq": "!=", "Lt": "<", "LtE": "<=", "Gt": ">", "GtE": ">=", "In": "in", "NotIn": "not in"}
    return names.get(type(op).__name__, type(op).__name__)


def _check_pair(op: ast.cmpop, a: Node, b: Node, text: str, at: ast.expr) -> None:
    if not _alike(a, b):
        raise Refused(f"`{text}`：{a.kind.title}不能与{b.kind.title}比较", at)
    if isinstance(op, ORDERING) and not (a.kind in ORDERED and b.kind in ORDERED):
        raise Refused(f"`{text}`：{a.kind.title}分不出大小", at)
    if isinstance(op, ast.In | ast.NotIn) and not b.literal:
        raise Refused(f"`{text}`：in 后面要写固定的几个值", at)
    if a.drifts and b.drifts:
        raise Refused(f"`{text}`：两边都随日子变", at)
    for one, two in ((a, b), (b, a)):
        foreign = set(one.fixed or ()) - (two.kind.words or set()) if one.literal and two.kind.words else set()
        if foreign:
            choices = "、".join(sorted(two.kind.words or ()))
            raise Refused(f"`{text}`：没有“{'、'.join(sorted(foreign))}”这个值（只有 {choices}）", at)


def _alike(a: Node, b: Node) -> bool:
    if a.kind in NUMERIC and b.kind in NUMERIC:
        return True
    periods = {kinds.YEAR, kinds.MONTH, kinds.SCHOOL_YEAR}
    if (a.kind in periods and b.kind == TEXT and b.literal) or (b.kind in periods and a.kind == TEXT and a.literal):
        return True
    return a.kind == b.kind and a.kind in ORDERED | {TEXT}


def _drifting(operation: Callable[[Any, Any], bool], a: Node) -> Step:
    """A comparison of something that grows by one a day with something that stays: it flips where they meet."""

    def step(scope: Scope, x: Any, y: Any) -> bool | None:
        if x is not None and y is not None and x is not ABSENT and y is not ABSENT:
            gap = y - x if a.drifts else x - y
            scope.note_around(scope.today + (gap if isinstance(gap, timedelta) else timedelta(days=int(gap))))
        return compare(operation, x, y)

    return step
