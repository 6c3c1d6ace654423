"""Several facts of one feed in the order of their dates: the latest, the first, those after the last that was so."""

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from contracts.facts import Fact
from services.alerts.domain import access, kinds
from services.alerts.domain.generators import Loop
from services.alerts.domain.kinds import ANSWER
from services.alerts.domain.node import Node, Refused, Run
from services.alerts.domain.scope import Scope
from services.alerts.domain.values import ABSENT, all_of
from services.alerts.domain.word import Word

if TYPE_CHECKING:
    from services.alerts.domain.condition import Compiler

Precedence = Callable[[Word], tuple[str, str]]


def _precedence(of: type[Fact], node: ast.AST) -> Precedence:
    """By their own date (empty first), then by the larger key (docs/rulepack.md, "Newest")."""
    dated_by = of.meta.own_date or of.meta.period
    if not dated_by:
        raise Refused(f"“{of.meta.title}”没有说明按哪个日期论先后", node)

    def precedence(word: Word) -> tuple[str, str]:
        day = getattr(word.data, dated_by)
        return ("" if day is None else str(day)), word.key

    return precedence


def _outermost(pick: Callable[..., Word]) -> Callable[["Compiler", ast.Call], Node]:
    def compile_call(compiler: "Compiler", node: ast.Call) -> Node:
        many = compiler.compile(node.args[0]) if len(node.args) == 1 else None
        of = many.kind.fact if many is not None and many.kind.name == "facts" else None
        if many is None or of is None:
            raise Refused(f"{ast.unparse(node.func)}(…) 里要写一路可能有多条的数据", node)
        run = _one_of(many.run, pick, _precedence(of, node))
        access.see(compiler, node, of, access.only(run))
        return Node(kinds.fact(of), run, many.needs)

    return compile_call


def _one_of(many: Run, pick: Callable[..., Word], precedence: Precedence) -> Run:
    def run(scope: Scope) -> Any:
        words = many(scope)
        if not words:
            return ABSENT
        return words[0] if len(words) == 1 else pick(words, key=precedence)

    return run


def _after_last(compiler: "Compiler", node: ast.Call) -> Node:
    """`after_last(condition for w in facts)`: the facts after the last that is known to fulfil it; none without one."""
    loop = Loop(compiler, node, sensitive=True)
    of = loop.many.kind.fact
    if loop.element.kind != ANSWER or of is None:
        raise Refused(f"`{ast.unparse(node)}`：要写“条件 for 名 in 一路可能有多条的数据”", node)
    precedence, many, slot, holds = _precedence(of, node), loop.many.run, loop.slot, (*loop.filters, loop.element.run)

    def run(scope: Scope) -> list[Word]:
        after: list[Word] = []
        for word in sorted(many(scope), key=precedence, reverse=True):
            scope.env[slot] = word
            if all_of(one(scope) for one in holds):
                return after
            after.append(word)
        return []

    return Node(kinds.facts(of), run, loop.many.needs)


CALLS: Final[dict[str, Callable[["Compiler", ast.Call], Node]]] = {
    "latest": _outermost(max),
    "first": _outermost(min),
    "after_last": _after_last,
}
