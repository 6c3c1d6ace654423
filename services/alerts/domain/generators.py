"""Generators over members or facts: any, all, count, sum, min, max, with what is unknown kept unknown."""

import ast
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from services.alerts.domain import kinds
from services.alerts.domain.code import Code, function
from services.alerts.domain.kinds import ANSWER, Kind
from services.alerts.domain.node import Node, Primary, Refused, Run
from services.alerts.domain.scope import Scope
from services.alerts.domain.values import ABSENT, Answer, Range, all_of, any_of, plus
from services.alerts.domain.word import Word

if TYPE_CHECKING:
    from services.alerts.domain.condition import Compiler


_OVER_ITEMS: Final = "for env[{slot}] in $many:"
_OVER_WORDS: Final = """for word in $many:
        if (said := word.data) is None:
            continue
        env[{slot}] = said"""


class Loop:
    """`element for name in many if …`, compiled: one name, one source, any number of filters."""

    def __init__(self, compiler: "Compiler", node: ast.Call, *, sensitive: bool) -> None:
        name = ast.unparse(node.func)
        generator = node.args[0] if len(node.args) == 1 else None
        if not isinstance(generator, ast.GeneratorExp) or len(generator.generators) != 1:
            raise Refused(f"{name}(…) 里要写“… for 名 in …”", node)
        (part,) = generator.generators
        if not isinstance(part.target, ast.Name):
            raise Refused("for 后面只能写一个名字", node)
        self.many = compiler.compile(part.iter)
        self.over_members = self.many.kind == kinds.MEMBERS
        self.over_months = self.many.kind == kinds.MONTHS
        self.over_words = not (self.over_members or self.over_months)
        before = compiler.primary
        with (
            compiler.bound(part.target.id, self._item(part.iter), node) as self.slot,
            compiler.reading(sensitive=compiler.sensitive or sensitive),
        ):
            self.asked = [_answer(compiler, one) for one in part.ifs]
            self.element = compiler.compile(generator.elt)
        self.filters = [one.run for one in self.asked]
        if self.over_members and before is None and compiler.primary is not None:
            compiler.primary = self._of_members(compiler.primary)

    def _item(self, source: ast.expr) -> Kind:
        if self.over_members:
            return kinds.PERSON
        if self.over_months:
            return kinds.MONTH
        if self.many.kind.name == "facts" and self.many.kind.fact is not None:
            return kinds.fact(self.many.kind.fact)
        wanted = "members、last_months(…) 或一路可能有多条的数据"
        raise Refused(f"in 后面要写 {wanted}，不能写 `{ast.unparse(source)}`", source)

    def _of_members(self, primary: Primary) -> Primary:
        def words(scope: Scope) -> list[Word]:
            return [word for _ in self.items(scope) for word in primary.words(scope)]

        return Primary(primary.fact, primary.source, words, final=True)

    def items(self, scope: Scope) -> Iterator[Any]:
        """Each item in turn, put where the compiled element looks for it; of words that is what they say."""
        for item in self.many.run(scope):
            said = item.data if self.over_words else item
            if said is not None:
                scope.env[self.slot] = said
                yield item

    def function(self, compiler: "Compiler", lines: str, each: Code) -> Run:
        """A loop whose body asks `$each` of every item in place."""
        over = _OVER_WORDS if self.over_words else _OVER_ITEMS
        return function(compiler.write(lines.format(over=over.format(slot=self.slot)), many=self.many, each=each))

    def kept(self, scope: Scope) -> Answer:
        """Whether the item in place passes every filter."""
        return all_of(one(scope) for one in self.filters)


def _answer(compiler: "Compiler", source: ast.expr) -> Node:
    part = compiler.compile(source)
    if part.kind != ANSWER:
        raise Refused(f"`{ast.unparse(source)}` 不是条件", source)
    return part


def _any(compiler: "Compiler", node: ast.Call) -> Node:
    loop = Loop(compiler, node, sensitive=False)
    _must_be(loop.element, node, ANSWER)
    each_holds = compiler.joined(all_of, [*loop.asked, loop.element])
    each = each_holds.compiled()
    if loop.over_months:
        _narrow_to_months(compiler, loop, each)
    elif not loop.over_members:
        _narrow(compiler, node, loop, each)
    return Node(ANSWER, loop.function(compiler, _ANY, each_holds), _any_needs(compiler, loop))


_ANY: Final = """
    found, env = False, s.env
    {over}
        said = $each
        if said:
            return True
        if said is None:
            found = None
    return found
"""
"""Kleene's or over items, which stops at the first hit."""


def _any_needs(compiler: "Compiler", loop: Loop) -> frozenset[str] | None:
    """What one member needs is needed of somebody; a person's document is skipped by that person's own facts only."""
    if loop.over_members:
        return None if compiler.root == "person" else loop.element.needs
    return loop.element.needs if loop.over_months else loop.many.needs


def _narrow(compiler: "Compiler", node: ast.Call, loop: Loop, each: Callable[[Scope], Answer]) -> None:
    """The facts a document read first become those that fulfil the condition, newest key first."""
    first, generator = compiler.primary, node.args[0]
    source = ast.unparse(generator.generators[0].iter) if isinstance(generator, ast.GeneratorExp) else ""
    if first is None or first.final or first.source != source:
        return
    spoken = first.words

    def words(scope: Scope) -> list[Word]:
        found = [word for word in loop.items(scope) if each(scope)]
        return sorted(found, key=lambda word: word.key, reverse=True) or spoken(scope)

    compiler.primary = Primary(first.fact, source, words, final=True)


def _narrow_to_months(compiler: "Compiler", loop: Loop, each: Callable[[Scope], Answer]) -> None:
    """Facts of single months that a document read first become those that fulfil the condition, newest month first."""
    first = compiler.primary
    if first is None or first.final or first.within is None:
        return
    of_month, spoken = first.words, first.within.words

    def words(scope: Scope) -> list[Word]:
        return [word for _ in loop.items(scope) if each(scope) for word in of_month(scope)] or spoken(scope)

    compiler.primary = Primary(first.fact, first.source, words, final=True)


def _all(compiler: "Compiler", node: ast.Call) -> Node:
    loop = Loop(compiler, node, sensitive=True)
    _must_be(loop.element, node, ANSWER)
    each = loop.element.code
    if loop.asked:
        kept = compiler.joined(all_of, loop.asked)
        dropped = Node(ANSWER, compiler.write("None if (@a := $kept) is None else not @a", kept=kept))
        each = compiler.joined(any_of, [dropped, loop.element])
    return Node(ANSWER, loop.function(compiler, _ALL, each))


_ALL: Final = """
    found, env = True, s.env
    {over}
        said = $each
        if said is False:
            return False
        if said is None:
            found = None
    return found
"""
"""Kleene's and over items, which stops at the first miss."""


def _count(compiler: "Compiler", node: ast.Call) -> Node:
    loop = Loop(compiler, node, sensitive=True)

    def run(scope: Scope) -> Any:
        said = [loop.kept(scope) for _ in loop.items(scope)]
        known, unknown = said.count(True), said.count(None)
        return Range(known, known + unknown) if unknown else known

    return Node(kinds.COUNT, run, _any_needs(compiler, loop))


def _sum(compiler: "Compiler", node: ast.Call) -> Node:
    """Amounts only, which are never negative: an unknown one leaves the sum at least its known part."""
    loop = Loop(compiler, node, sensitive=True)
    _must_be(loop.element, node, kinds.AMOUNT)

    def run(scope: Scope) -> Any:
        total: Any = 0
        for _ in loop.items(scope):
            kept = loop.kept(scope)
            value = loop.element.run(scope) if kept else None
            if kept is not False and value is not ABSENT:
                total = plus(total, value)
        return total

    return Node(kinds.AMOUNT, run)


def _extreme(pick: Callable[[list[Any]], Any], *, least: bool) -> Callable[["Compiler", ast.Call], Node]:
    def compile_call(compiler: "Compiler", node: ast.Call) -> Node:
        loop = Loop(compiler, node, sensitive=True)
        if loop.element.kind not in kinds.ORDERED or loop.element.drifts:
            raise Refused(f"`{ast.unparse(node)}`：{loop.element.kind.title}分不出大小", node)

        def run(scope: Scope) -> Any:
            values = [_kept_value(loop, scope) for _ in loop.items(scope)]
            known = [value for value in values if value is not None and value is not ABSENT]
            if not known:
                return None if None in values else ABSENT
            found = pick(known)
            return found if None not in values else Range(None, found) if least else Range(found, None)

        return Node(loop.element.kind, run)

    return compile_call


def _kept_value(loop: Loop, scope: Scope) -> Any:
    kept = loop.kept(scope)
    if kept is False:
        return ABSENT
    value = loop.element.run(scope) if kept else None
    return None if type(value) is Range else value


def _must_be(part: Node, node: ast.Call, kind: Kind) -> None:
    if part.kind != kind:
        raise Refused(f"`{ast.unparse(node)}`：for 前面应是{kind.title}，不是{part.kind.title}", node)


CALLS: Final[dict[str, Callable[["Compiler", ast.Call], Node]]] = {
    "any": _any,
    "all": _all,
    "count": _count,
    "sum": _sum,
    "min": _extreme(min, least=True),
    "max": _extreme(max, least=False),
}
