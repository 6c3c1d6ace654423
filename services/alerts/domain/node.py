"""What a compiled expression is made of, what is found while compiling it, and why one is refused."""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from contracts.facts import Fact
from services.alerts.domain.code import Code, called
from services.alerts.domain.kinds import Kind
from services.alerts.domain.parameters import Parameter
from services.alerts.domain.scope import Scope
from services.alerts.domain.values import Range
from services.alerts.domain.word import Word

Run = Callable[[Scope], Any]
Needs = frozenset[str] | None
"""Types (or `signal:id`) of which at least one must stand for this to hold; None: it can hold without."""


class Refused(Exception):
    """An expression outside the language: `where` is the key it stands under, `line` counts from its first line."""

    def __init__(self, reason: str, at: ast.AST | None = None, *, where: str = "") -> None:
        super().__init__(reason)
        self.reason, self.line, self.where = reason, int(getattr(at, "lineno", 1)), where


@dataclass(frozen=True)
class Node:
    """A compiled part of an expression; `body` is a function of the scope, or code that can become part of another."""

    kind: Kind
    body: Run | Code
    needs: Needs = None
    fixed: tuple[Any, ...] | None = None
    """Its possible values when they do not depend on facts: a literal, or every line of a parameter."""
    literal: bool = False
    drifts: bool = False
    """Grows by one every day; only a comparison may use it, which then knows the day it flips."""
    data: Code | None = None
    """Of a fact: what it says, asked of its word once; `body` gives the word itself."""

    @cached_property
    def run(self) -> Run:
        """The function of the scope."""
        return self.body.compiled() if isinstance(self.body, Code) else self.body

    def ask(self, scope: Scope) -> Any:
        """Its value; compiled when it is first asked for, which for most parts is never."""
        return self.run(scope)

    @property
    def code(self) -> Code:
        """The same, to be put into another part."""
        return self.body if isinstance(self.body, Code) else called(self.body)


@dataclass(slots=True)
class Reads:
    """What a document reads, found by walking its syntax tree."""

    types: set[str] = field(default_factory=set)
    fields: set[tuple[str, str]] = field(default_factory=set)
    coverage: set[str] = field(default_factory=set)
    """Types of which a list's arrival alone can change the answer."""
    limits: set[str] = field(default_factory=set)
    signals: dict[str, None] = field(default_factory=dict)

    def add(self, other: "Reads") -> None:
        """Read what another expression of the same document reads, too."""
        self.types |= other.types
        self.fields |= other.fields
        self.coverage |= other.coverage
        self.limits |= other.limits
        self.signals |= other.signals


@dataclass(slots=True)
class Threshold:
    """A comparison that has a boundary, and the values met there while cases ran."""

    text: str
    wants: tuple[Any, ...] | None
    seen: list[tuple[Any, Any, bool | None]] = field(default_factory=list)

    def missing(self) -> list[str]:
        """What no case has shown: each boundary value exactly, and both answers."""
        known = [(_bound(left), _bound(right), said) for left, right, said in self.seen]
        met = {left for left, right, _ in known if left == right}
        wanted = [value for value in self.wants or () if value not in met]
        lacking = [f"刚好 {value}" for value in sorted(wanted)]
        if self.wants is None and not met:
            lacking.append("刚好到界")
        answers = {said for _, _, said in known}
        return lacking + [text for text, said in (("成立的一侧", True), ("不成立的一侧", False)) if said not in answers]


def _bound(value: Any) -> Any:
    return value.bound if type(value) is Range else value


@dataclass(slots=True)
class Primary:
    """The facts a document reads first: they say its department, and whether anything was said at all."""

    fact: type[Fact]
    source: str
    words: Callable[[Scope], list[Word]]
    final: bool = False
    within: "Primary | None" = None
    """What it narrows: all facts of the feed, where it is the one of a period."""


@dataclass(frozen=True, slots=True)
class Term:
    """A phrase of the county's own: a condition with named parameters, usable in every document."""

    name: str
    title: str
    args: tuple[str, ...]
    tree: ast.expr


@dataclass(frozen=True, slots=True)
class Language:
    """What documents of one rulebook may name."""

    terms: Mapping[str, Term] = field(default_factory=dict)
    limits: Mapping[str, Parameter] = field(default_factory=dict)
    signals: Mapping[str, bool] = field(default_factory=dict)
    """Signals a rule may name, and whether they carry a day."""
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Several signals under one name."""


def union(parts: list[Node]) -> frozenset[str]:
    """The needs of parts of which one is enough."""
    return frozenset[str]().union(*(part.needs or () for part in parts))


def smallest(parts: list[Node]) -> Needs:
    """The needs of parts that must all hold: those of the most demanding one."""
    return min((part.needs for part in parts if part.needs is not None), key=len, default=None)


def parse(text: str) -> ast.expr:
    """The syntax tree of an expression."""
    try:
        return ast.parse(f"({text}\n)", mode="eval").body  # in brackets, so that it may go over several lines
    except (SyntaxError, ValueError) as error:
        raise Refused(f"写法不对：{error}") from None
