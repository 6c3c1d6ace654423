"""Access to facts: `person.school_absence`, `household.household.户类型`, `person.self_paid_year[year(today)]`.

A subject and a feed give the fact itself where there is one per subject, else all of them. What is not there is known
not to be where the feed sends increments, or once a list of the scope came that could read the subject.
"""

import ast
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from contracts.facts import Fact
from contracts.vocabulary import NONE, Shape
from services.alerts.domain import kinds
from services.alerts.domain.kinds import ANSWER, Kind
from services.alerts.domain.node import Node, Primary, Refused, Run
from services.alerts.domain.scope import Place, Scope
from services.alerts.domain.terms import expanded
from services.alerts.domain.values import ABSENT, Answer
from services.alerts.domain.word import Word

if TYPE_CHECKING:
    from services.alerts.domain.condition import Compiler

_NOTHING: Final[Mapping[str, Word]] = {}
_SUBJECTS: Final = frozenset({kinds.PERSON, kinds.HOUSEHOLD, kinds.VILLAGE})


def village(scope: Scope) -> Place:
    """The household's village as a subject."""
    return Place(scope.village, scope.household.village)


def attribute(compiler: "Compiler", node: ast.Attribute) -> Node:
    """Compile `subject.feed` or `fact.字段`."""
    holder = compiler.compile(node.value)
    if holder.kind in _SUBJECTS:
        return _feed(compiler, node, holder)
    if holder.kind.name == "fact" and holder.kind.fact is not None:
        return _field(compiler, node, holder, holder.kind.fact)
    if holder.kind.name == "facts":
        raise Refused(f"`{ast.unparse(node.value)}` 可能有多条，先用 latest(…) 或 […] 取一条", node)
    raise Refused(f"`{ast.unparse(node)}`：{holder.kind.title}没有下级", node)


def _feed(compiler: "Compiler", node: ast.Attribute, holder: Node) -> Node:
    of = kinds.fact_named(holder.kind, node.attr)
    if of is None:
        choices = "、".join(kinds.feeds_of(holder.kind))
        raise Refused(f"{holder.kind.title}没有“{node.attr}”这一路数据（有：{choices}）", node)
    compiler.reads.types.add(of.meta.type)
    needs = frozenset({of.meta.type})
    if of.meta.key:
        found = Node(kinds.facts(of), _all(holder.run, of.meta.type), needs)
        see(compiler, node, of, found.run)
        return found
    found = Node(kinds.fact(of), _one(holder.run, of, lambda _: ""), needs)
    _cover(compiler, node, of)
    see(compiler, node, of, only(found.run))
    return found


def see(compiler: "Compiler", node: ast.expr, of: type[Fact], words: Callable[[Scope], list[Word]]) -> None:
    """Remember what a document reads first, or, when `node` narrows just that, what it is narrowed to."""
    source = ast.unparse(expanded(node, compiler.language.terms))
    first = compiler.primary
    if first is None or (first.fact is of and first.source in source and first.source != source and not first.final):
        compiler.primary = Primary(of, source, words, within=first)


def only(run: Run) -> Callable[[Scope], list[Word]]:
    """The word of one fact, as a list of at most one."""

    def words(scope: Scope) -> list[Word]:
        word = run(scope)
        return [word] if isinstance(word, Word) else []

    return words


def _all(holder: Run, type_: str) -> Callable[[Scope], list[Word]]:
    def run(scope: Scope) -> list[Word]:
        said = holder(scope).facts.get(type_, _NOTHING)
        return [word for word in said.values() if word.data is not None]

    return run


def _one(holder: Run, of: type[Fact], key: Callable[[Scope], str]) -> Run:
    type_, listed, period = of.meta.type, of.meta.shape is Shape.LIST, of.meta.period

    def run(scope: Scope) -> Any:
        who, asked = holder(scope), key(scope)
        word = who.facts.get(type_, _NOTHING).get(asked)
        if word is not None and word.data is not None:
            return word
        if not listed:
            return ABSENT
        heard = scope.lists.says(type_, asked if period else "", who.ref, asked, village=scope.village)
        return ABSENT if heard else None

    return run


def _cover(compiler: "Compiler", node: ast.expr, of: type[Fact]) -> None:
    """Note a list whose arrival alone can change the answer.

    It cannot where a document only asks for what is stated in the facts it reads first: absent and unknown both miss.
    """
    first = compiler.primary
    repeats = first is None or first.source == ast.unparse(node) or compiler.root == "rule"
    if of.meta.shape is Shape.LIST and (compiler.sensitive or not (repeats or compiler.known)):
        compiler.reads.coverage.add(of.meta.type)


def _field(compiler: "Compiler", node: ast.Attribute, holder: Node, of: type[Fact]) -> Node:
    kind = kinds.fields(of).get(node.attr)
    if kind is None:
        raise Refused(f"“{of.meta.title}”没有“{node.attr}”这一栏（有：{'、'.join(kinds.fields(of))}）", node)
    compiler.reads.fields.add((of.meta.type, node.attr))
    return Node(kind, _getter(holder.run, node.attr, kind, of), holder.needs)


def _getter(base: Run, name: str, kind: Kind, of: type[Fact]) -> Run:
    def run(scope: Scope) -> Any:
        word = base(scope)
        return getattr(word.data, name) if isinstance(word, Word) else word

    def run_or_none(scope: Scope) -> Any:
        value = run(scope)
        return ABSENT if value == NONE else value

    return run_or_none if kind == kinds.DATE or kinds.none_is_stated(of, name) else run


def none(compiler: "Compiler", node: ast.Call) -> Node:
    """`none(field)`: it is stated that there is none; unknown where the field is not stated."""
    source = node.args[0] if len(node.args) == 1 else None
    holder = compiler.compile(source.value) if isinstance(source, ast.Attribute) else None
    of = holder.kind.fact if holder is not None and holder.kind.name == "fact" else None
    if not isinstance(source, ast.Attribute) or holder is None or of is None:
        raise Refused("none(…) 里要写一栏", node)
    kinds_of_fields, name, base = kinds.fields(of), source.attr, holder.run
    if name not in kinds_of_fields or not kinds.none_is_stated(of, name):
        raise Refused(f"“{of.meta.title}”的“{name}”不会说“无”", node)
    compiler.reads.fields.add((of.meta.type, name))

    def run(scope: Scope) -> Answer:
        word = base(scope)
        if not isinstance(word, Word):
            return None if word is None else False
        value = getattr(word.data, name)
        return None if value is None else value == NONE

    return Node(ANSWER, run, holder.needs)


def subscript(compiler: "Compiler", node: ast.Subscript) -> Node:
    """Compile `facts[period]`: the fact of one year, month or school year."""
    many, index = compiler.compile(node.value), compiler.steady(node.slice)
    of = many.kind.fact
    if many.kind.name != "facts" or of is None or not of.meta.period:
        raise Refused(f"`{ast.unparse(node.value)}` 不是按年度、年月或学年的数据，不能用 […] 取", node)
    wanted = kinds.fields(of)[of.meta.period]
    if index.kind != wanted and not index.literal:
        raise Refused(f"`{ast.unparse(node)}`：[…] 里应是{wanted.title}", node)
    if not isinstance(node.value, ast.Attribute):
        raise Refused(f"`{ast.unparse(node)}`：[…] 只能跟在一路数据后面", node)
    holder = compiler.compile(node.value.value)
    found = Node(kinds.fact(of), _one(holder.run, of, index.run), many.needs)
    see(compiler, node, of, only(found.run))
    _cover(compiler, node, of)
    return found
