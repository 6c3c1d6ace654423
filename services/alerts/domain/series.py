"""Several facts of one feed in the order of their dates: the latest, the first, those after the last that was so."""

import ast
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from contracts.facts import Fact
from services.alerts.domain import access, kinds
from services.alerts.domain.generators import Loop
from services.alerts.domain.kinds import ANSWER
from services.alerts.domain.node import Node, Refused
from services.alerts.domain.values import ABSENT, all_of
from services.alerts.domain.word import Word

if TYPE_CHECKING:
    from services.alerts.domain.condition import Compiler

Precedence = Callable[[Word], Any]


def _precedence(of: type[Fact], node: ast.AST) -> Precedence:
    """By their own date (empty first), then by the larger key (docs/rulepack.md, "Newest")."""
    dated_by = of.meta.own_date or of.meta.period
    if not dated_by:
        raise Refused(f"“{of.meta.title}”没有说明按哪个日期论先后", node)

    if not of.meta.own_date:
        return attrgetter("key")  # the period itself

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
        one_of = _one_of(pick, _precedence(of, node))
        word = compiler.write("$one_of($many)", one_of=one_of, many=many)
        data = compiler.write("@w if (@w := $word) is $absent else @w.data", word=word, absent=ABSENT)
        found = Node(kinds.fact(of), word, many.needs, data=data)
        access.see(compiler, node, of, access.only(found))
        return found

    return compile_call


def _one_of(pick: Callable[..., Word], precedence: Precedence) -> Callable[[Iterable[Word]], Any]:
    def one_of(words: Iterable[Word]) -> Any:
        found = [word for word in words if word.data is not None]
        if len(found) > 1:
            return pick(found, key=precedence)
        return found[0] if found else ABSENT

    return one_of


def _after_last(compiler: "Compiler", node: ast.Call) -> Node:
    """`after_last(condition for w in facts)`: the facts after the last that is known to fulfil it; none without one."""
    loop = Loop(compiler, node, sensitive=True)
    of = loop.many.kind.fact
    if loop.element.kind != ANSWER or of is None:
        raise Refused(f"`{ast.unparse(node)}`：要写“条件 for 名 in 一路可能有多条的数据”", node)
    each = compiler.joined(all_of, [*loop.asked, loop.element])
    by, needs = _precedence(of, node), loop.many.needs
    loop.many = Node(
        loop.many.kind, compiler.write("$in_order($many, $by)", in_order=_newest_first, many=loop.many, by=by)
    )
    return Node(kinds.facts(of), loop.function(compiler, _AFTER_LAST, each), needs)


def _newest_first(words: Iterable[Word], by: Precedence) -> list[Word]:
    return sorted((word for word in words if word.data is not None), key=by, reverse=True)


_AFTER_LAST: Final = """
    after, env = [], s.env
    {over}
        if $each:
            return after
        after.append(word)
    return ()
"""
"""From the newest back to the first that is known to fulfil it; without one there is nothing after it."""


CALLS: Final[dict[str, Callable[["Compiler", ast.Call], Node]]] = {
    "latest": _outermost(max),
    "first": _outermost(min),
    "after_last": _after_last,
}
