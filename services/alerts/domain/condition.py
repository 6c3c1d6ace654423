"""The condition language: Python expression syntax, a closed vocabulary, compiled once to three-valued closures.

A condition is parsed, walked and checked when the rulebook is loaded. What it reads is found on that walk; what it
needs (facts or signals without which it can never hold) lets judging skip it. Everything else is refused.
"""

import ast
import operator
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from itertools import count
from typing import Any, Final, TypeVar

from contracts.facts import Fact
from services.alerts.domain import access, calls, comparison, kinds
from services.alerts.domain.code import Code, write
from services.alerts.domain.kinds import ANSWER, NUMERIC, TEXT, Kind
from services.alerts.domain.node import Language, Node, Primary, Reads, Refused, Run, Threshold, parse, smallest, union
from services.alerts.domain.scope import VARIABLES
from services.alerts.domain.values import Answer, all_of, any_of, exact, plus

Compiled = TypeVar("Compiled")


class Compiler:
    """Compiles the expressions of one document; `root` is person, household, village or rule."""

    def __init__(self, language: Language, root: str, watch: list[Threshold] | None = None) -> None:
        self.language, self.root, self.watch = language, root, watch
        self.reads = Reads()
        self.primary: Primary | None = None
        self.sensitive = self.known = False
        self.variables: dict[str, tuple[int, Kind]] = {"person": (0, kinds.PERSON)} if root == "person" else {}
        self.slots = len(self.variables)
        self.said: type[Fact] | None = None
        self._fresh = count()

    def write(self, template: str, **parts: Any) -> Code:
        """Code from a template; parts are nodes, code or values (domain/code.py)."""
        return write(self._fresh, template, {name: _code(part) for name, part in parts.items()})

    def joined(self, join: Callable[[Iterable[Answer]], Answer], parts: list[Node]) -> Code:
        """Answers joined by Kleene's and (`all_of`) or or (`any_of`), each asked only where it makes a difference."""
        first, *others = parts
        code = first.code
        for other in others:
            code = self.write(_JOINED[join], first=code, second=other)
        return code

    def condition(self, text: str) -> Node:
        """Compile an expression that must be a condition."""
        node = self.compile(parse(text))
        if node.kind != ANSWER:
            raise Refused(f"这里要写一个条件，写的却是{node.kind.title}")
        return node

    def day(self, text: str) -> Node:
        """Compile an expression that must be a date."""
        node = self.steady(parse(text))
        if node.kind != kinds.DATE:
            raise Refused(f"这里要写一个日期，写的却是{node.kind.title}")
        return node

    def named(self, where: str, compile_it: Callable[[], Compiled]) -> Compiled:
        """Compile what stands under the key `where`, so that a refusal says so."""
        try:
            return compile_it()
        except Refused as refused:
            refused.where = refused.where or where
            raise

    def compile(self, node: ast.expr) -> Node:
        """Compile any expression; refuses what is outside the vocabulary."""
        compiler = _COMPILERS.get(type(node))
        if compiler is None:
            raise Refused(f"不能用 `{ast.unparse(node)}`：条件里没有这种写法", node)
        return compiler(self, node)

    def steady(self, node: ast.expr) -> Node:
        """Compile a value that does not drift with the day: everywhere but in a comparison."""
        found = self.compile(node)
        if found.drifts:
            raise Refused(f"`{ast.unparse(node)}` 每天都变，只能直接比较", node)
        return found

    @contextmanager
    def reading(self, *, sensitive: bool) -> Iterator[None]:
        """Within, the difference between "not in the list" and "no list yet" matters (or does not)."""
        before, self.sensitive = self.sensitive, sensitive
        try:
            yield
        finally:
            self.sensitive = before

    @contextmanager
    def certainty(self) -> Iterator[None]:
        """Within, only what is known to hold counts, so that not knowing is as good as knowing not."""
        before, self.known = self.known, True
        with self.reading(sensitive=False):
            yield
        self.known = before

    @contextmanager
    def fact_in_place(self, of: type[Fact]) -> Iterator[int]:
        """Within, the fields of the fact read first may be called by their names alone; gives its slot."""
        self.said = of
        with self.bound("fact", kinds.fact(of)) as slot:
            yield slot
        self.said = None

    @contextmanager
    def bound(self, name: str, kind: Kind, at: ast.AST | None = None) -> Iterator[int]:
        """Within, `name` is a variable of this kind; gives its slot."""
        if self.slots >= VARIABLES:
            raise Refused("一个条件里的变量太多", at)
        before = self.variables
        self.variables = {**before, name: (self.slots, kind)}
        self.slots += 1
        try:
            yield self.slots - 1
        finally:
            self.variables = before
            self.slots -= 1


_JOINED: Final[dict[Callable[[Iterable[Answer]], Answer], str]] = {
    all_of: "False if (@a := $first) is False else @b if (@b := $second) is False or @a else None",
    any_of: "True if (@a := $first) else @b if (@b := $second) or @a is False else None",
}
"""Kleene's and, Kleene's or: `@b` is the answer where it decides, or where `@a` leaves it the word."""


def _code(part: Any) -> Any:
    return part.code if isinstance(part, Node) else part


def _name(compiler: Compiler, node: ast.Name) -> Node:
    if node.id in compiler.variables:
        slot, kind = compiler.variables[node.id]
        code = Code(f"s.env[{slot}]")
        return Node(kind, code, data=code)
    if node.id == "today":
        return Node(kinds.DATE, Code("s.today"), drifts=True)
    if node.id == "household":
        return Node(kinds.HOUSEHOLD, Code("s.household"))
    if node.id == "members":
        return Node(kinds.MEMBERS, Code("s.members"))
    if node.id == "village":
        return Node(kinds.VILLAGE, access.village)
    if compiler.said is not None and node.id in kinds.fields(compiler.said):
        return compiler.compile(ast.Attribute(ast.Name("fact"), node.id))
    raise Refused(f"不认识“{node.id}”", node)


def _constant(compiler: Compiler, node: ast.Constant) -> Node:
    value = node.value
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Refused(f"不能用 `{ast.unparse(node)}` 作值", node)
    known: Any = Decimal(repr(value)) if isinstance(value, float) else value
    kind = TEXT if isinstance(value, str) else kinds.NUMBER
    return Node(kind, compiler.write("$known", known=known), fixed=(known,), literal=True)


def _several(compiler: Compiler, node: ast.Tuple | ast.List | ast.Set) -> Node:
    parts = [compiler.compile(part) for part in node.elts]
    if not parts or not all(part.literal for part in parts) or len({part.kind for part in parts}) > 1:
        raise Refused(f"`{ast.unparse(node)}` 应是几个同类的固定值", node)
    values = tuple(value for part in parts for value in part.fixed or ())
    return Node(parts[0].kind, compiler.write("$values", values=values), fixed=values, literal=True)


def _both(compiler: Compiler, node: ast.BoolOp) -> Node:
    parts = [compiler.compile(part) for part in node.values]
    for part, source in zip(parts, node.values, strict=True):
        if part.kind != ANSWER:
            raise Refused(f"`{ast.unparse(source)}` 不是条件", source)
    if isinstance(node.op, ast.Or):
        needs = None if any(part.needs is None for part in parts) else union(parts)
        return Node(ANSWER, _joined(compiler, any_of, parts), needs)
    return Node(ANSWER, _joined(compiler, all_of, parts), smallest(parts))


def _joined(compiler: Compiler, join: Callable[[Iterable[Answer]], Answer], parts: list[Node]) -> Run | Code:
    if compiler.watch is not None:  # every boundary is to be met, also where the answer is settled before it
        runs = tuple(part.run for part in parts)
        return lambda scope: join([run(scope) for run in runs])
    return compiler.joined(join, parts)


def _unary(compiler: Compiler, node: ast.UnaryOp) -> Node:
    if not isinstance(node.op, ast.Not):
        raise Refused(f"不能用 `{ast.unparse(node)}`", node)
    with compiler.reading(sensitive=True):
        part = compiler.compile(node.operand)
    if part.kind != ANSWER:
        raise Refused("not 后面要写条件", node)
    return Node(ANSWER, compiler.write("None if (@a := $part) is None else not @a", part=part))


def _arithmetic(compiler: Compiler, node: ast.BinOp) -> Node:
    left, right = compiler.steady(node.left), compiler.steady(node.right)
    if left.kind not in NUMERIC or right.kind not in NUMERIC:
        raise Refused(f"`{ast.unparse(node)}`：只有数能算", node)
    needs = smallest([left, right])
    if isinstance(node.op, ast.Add):
        amounts = left.kind == right.kind == kinds.AMOUNT
        if amounts:
            needs = None if left.needs is None or right.needs is None else union([left, right])
            return Node(kinds.AMOUNT, _reckon(compiler, "+", plus, left, right), needs)
        return Node(left.kind, _reckon(compiler, "+", partial(exact, operator.add), left, right), needs)
    if isinstance(node.op, ast.Sub):
        kind = kinds.BALANCE if left.kind in (kinds.AMOUNT, kinds.BALANCE) else kinds.NUMBER
        return Node(kind, _reckon(compiler, "-", partial(exact, operator.sub), left, right), needs)
    if isinstance(node.op, ast.Mult) and right.kind != kinds.AMOUNT:
        fixed = tuple(x * y for x in left.fixed for y in right.fixed) if left.fixed and right.fixed else None
        return Node(left.kind, _reckon(compiler, "*", partial(exact, operator.mul), left, right), needs, fixed)
    raise Refused(f"`{ast.unparse(node)}`：只能加、减、乘一个数", node)


def _reckon(compiler: Compiler, sign: str, otherwise: Callable[[Any, Any], Any], left: Node, right: Node) -> Code:
    """Two known amounts at once, everything half known by the rules of values.py."""
    known = "(type(@a := $left) is $amount) & (type(@b := $right) is $amount)"
    template = f"@a {sign} @b if {known} else $otherwise(@a, @b)"
    return compiler.write(template, left=left, right=right, amount=Decimal, otherwise=otherwise)


_COMPILERS: Final[dict[type[ast.expr], Callable[[Compiler, Any], Node]]] = {
    ast.Name: _name,
    ast.Constant: _constant,
    ast.Tuple: _several,
    ast.List: _several,
    ast.Set: _several,
    ast.BoolOp: _both,
    ast.UnaryOp: _unary,
    ast.BinOp: _arithmetic,
    ast.Compare: comparison.comparison,
    ast.Attribute: access.attribute,
    ast.Subscript: access.subscript,
    ast.Call: calls.call,
}
