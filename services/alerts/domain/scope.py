"""Scope: what a compiled condition looks at while one household is judged on one day, and when to look again."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

from services.alerts.domain.household import Household, Lists, Member, village_of
from services.alerts.domain.values import Answer
from services.alerts.domain.word import Facts

VARIABLES = 8
"""Names one expression may bind, `person` and the loop variables of its generators together."""


class Place(NamedTuple):
    """The household's village, as a subject of facts."""

    ref: str
    facts: Facts


class Sign(NamedTuple):
    """A standing signal as rules count it: whose, of which risk kind and department, and the day it dates from."""

    subject: str
    risk: str
    department: str
    on: date | None


@dataclass(frozen=True, slots=True)
class Law:
    """The classes of a household in their precedence."""

    classes: tuple[tuple[str, Callable[["Scope"], Answer]], ...]
    other_class: str


@dataclass(slots=True)
class Scope:
    """One household on one day. Conditions read it; those that read `today` note in `due` when they could flip."""

    household: Household
    members: list[Member]
    today: date
    lists: Lists
    law: Law
    due: date | None = None
    signs: dict[str, list[Sign]] = field(default_factory=dict)
    unknown_of: set[tuple[str, str]] = field(default_factory=set)
    """(signal, subject) of what could not be told."""
    unknown: set[str] = field(default_factory=set)
    found: dict[object, Any] = field(default_factory=dict)
    """What is the same for all of the household and was asked for already: the year, limits."""
    env: list[Any] = field(default_factory=lambda: [None] * VARIABLES)
    _class: str | None = None
    _village: str | None = None

    def note(self, day: date | None) -> None:
        """A day on which an answer can flip; only days after today count."""
        if day is not None and day > self.today and (self.due is None or day < self.due):
            self.due = day

    def note_around(self, day: date) -> None:
        """A comparison with `day` can flip on it and on the day after."""
        self.note(day)
        if day >= self.today and day < date.max:
            self.note(day + timedelta(days=1))

    @property
    def village(self) -> str:
        """The household's village code; empty: not known."""
        if self._village is None:
            self._village = village_of(self.household, self.members)
        return self._village

    @property
    def class_(self) -> str:
        """The first class that is known to hold (docs/rulepack.md)."""
        if self._class is None:
            # It is asked for in the middle of a signal's condition, whose person its loops must not overwrite.
            outer, self.env = self.env, [None] * VARIABLES
            holding = (name for name, holds in self.law.classes if holds(self))
            self._class = next(holding, self.law.other_class)
            self.env = outer
        return self._class

    def force_class(self, class_: str) -> None:
        """Judge as if the household were of this class: for the cases of documents."""
        self._class = class_
