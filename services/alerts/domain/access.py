"""Access to facts: `person.school_absence`, `household.household.户类型`, `person.self_paid_year[year(today)]`.

A subject and a feed give the fact itself where there is one per subject, else all of them. What is not there is known
not to be where the feed sends increments, or once a list of the scope came that could read the subject.
"""

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from contracts.facts import Fact
from contracts.vocabulary import NONE, Shape
from services.alerts.domain import kinds
from services.alerts.domain.code import Code
from services.alerts.domain.kinds import ANSWER
from services.alerts.domain.node import Needs, Node, Primary, Refused
from services.alerts.domain.scope import Place, Scope
from services.alerts.domain.terms import expanded
from services.alerts.domain.values import ABSENT
from services.alerts.domain.word import Word

if TYPE_CHECKING:
    from services.alerts.domain.condition import Compiler

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
        found = Node(kinds.facts(of), _all(compiler, holder, of.meta.type), needs)
        see(compiler, node, of, standing(found))
        return found
    found = one(compiler, holder, of, "", needs)
    _cover(compiler, node, of)
    see(compiler, node, of, only(found))
    return found


def see(compiler: "Compiler", node: ast.expr, of: type[Fact], words: Callable[[Scope], list[Word]]) -> None:
    """Remember what a document reads first, or, when `node` narrows just that, what it is narrowed to."""
    source = ast.unparse(expanded(node, compiler.language.terms))
    first = compiler.primary
    if first is None or (first.fact is of and first.source in source and first.source != source and not first.final):
        compiler.primary = Primary(of, source, words, within=first)


def only(found: Node) -> Callable[[Scope], list[Word]]:
    """The word of one fact, as a list of at most one."""

    def words(scope: Scope) -> list[Word]:
        word = found.ask(scope)
        return [word] if isinstance(word, Word) else []

    return words


def standing(found: Node) -> Callable[[Scope], list[Word]]:
    """Those of several words that do not take their fact back."""
    return lambda scope: [word for word in found.ask(scope) if word.data is not None]


def _all(compiler: "Compiler", holder: Node, type_: str) -> Code:
    """Every word of a type, those that take a fact back among them."""
    template = "@k.values() if (@k := $holder.facts.get($type)) else $nothing"
    return compiler.write(template, holder=holder, type=type_, nothing=())


def one(compiler: "Compiler", holder: Node, of: type[Fact], key: Node | str, needs: Needs) -> Node:
    """The one fact of a key; where none is stated, what the feed's lists say of that."""
    found = (
        "if (@k := (@h := $holder).facts.get($type)) is not None and (@w := @k.get($key)) is not None"
        " and (@d := @w.data) is not None else "
    )
    parts: dict[str, Any] = {"holder": holder, "type": of.meta.type, "key": key}
    # Where only what is known to hold counts, not in the list is as good as no list.
    if of.meta.shape is not Shape.LIST or (compiler.known and not compiler.sensitive):
        missing, parts["absent"] = "$absent", ABSENT
    else:
        missing, parts["unsaid"] = "$unsaid(s, @h, $key)", _unsaid(of)
    word, data = (compiler.write(f"{what} {found}{missing}", **parts) for what in ("@w", "@d"))
    return Node(kinds.fact(of), word, needs, data=data)


def _unsaid(of: type[Fact]) -> Callable[[Scope, Any, str], Any]:
    type_, period = of.meta.type, of.meta.period

    def unsaid(scope: Scope, who: Any, asked: str) -> Any:
        heard = scope.lists.says(type_, asked if period else "", who.ref, asked, village=scope.village)
        return ABSENT if heard else None

    return unsaid


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
    value = f"@d.{node.attr}"
    if kind == kinds.DATE or kinds.none_is_stated(of, node.attr):
        value = f"($absent if (@v := {value}) == $none else @v)"
    template = f"{value} if type(@d := $data) is $fact else @d"
    code = compiler.write(template, data=holder.data, fact=of, absent=ABSENT, none=NONE)
    return Node(kind, code, holder.needs)


def none(compiler: "Compiler", node: ast.Call) -> Node:
    """`none(field)`: it is stated that there is none; unknown where the field is not stated."""
    source = node.args[0] if len(node.args) == 1 else None
    holder = compiler.compile(source.value) if isinstance(source, ast.Attribute) else None
    of = holder.kind.fact if holder is not None and holder.kind.name == "fact" else None
    if not isinstance(source, ast.Attribute) or holder is None or of is None:
        raise Refused("none(…) 里要写一栏", node)
    name = source.attr
    if name not in kinds.fields(of) or not kinds.none_is_stated(of, name):
        raise Refused(f"“{of.meta.title}”的“{name}”不会说“无”", node)
    compiler.reads.fields.add((of.meta.type, name))
    stated = f"None if (@v := @d.{name}) is None else @v == $none"
    template = f"({stated}) if type(@d := $data) is $fact else None if @d is None else False"
    return Node(ANSWER, compiler.write(template, data=holder.data, fact=of, none=NONE), holder.needs)


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
    found = one(compiler, holder, of, index, many.needs)
    see(compiler, node, of, only(found))
    _cover(compiler, node, of)
    return found
