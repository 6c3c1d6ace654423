"""Policy: a loaded rulebook, ready to judge by."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from contracts.catalogue import FACTS
from contracts.vocabulary import SubjectKind
from services.alerts.domain.documents import CalendarFile, CountyFile, Document, QueueFile
from services.alerts.domain.rules import Rule
from services.alerts.domain.scope import Law
from services.alerts.domain.signals import Signal


@dataclass(frozen=True, slots=True)
class Asked:
    """The signals by whose facts can make them stand or unknown: a type nobody stated asks none of its signals."""

    of_person: Mapping[str, tuple[Signal, ...]]
    """By the one type of a person's own facts that they need."""
    of_any_person: tuple[Signal, ...]
    of_household: Mapping[str, tuple[Signal, ...]]
    of_any_household: tuple[Signal, ...]
    of_village: tuple[Signal, ...]
    of_village_for_household: tuple[Signal, ...]
    """Those of a village that a rule about households names."""

    @classmethod
    def of(cls, signals: Iterable[Signal], told_by_village: frozenset[str]) -> "Asked":
        """Index the signals of a rulebook."""
        person: dict[str, list[Signal]] = {}
        household: dict[str, list[Signal]] = {}
        rest: dict[str, list[Signal]] = {"person": [], "household": [], "village": []}
        for one in signals:
            if one.for_each == "person" and one.own is not None and len(one.own) == 1:
                person.setdefault(next(iter(one.own)), []).append(one)
            elif one.for_each == "household" and one.needs is not None and _of_households(one.needs):
                household.setdefault(next(iter(one.needs)), []).append(one)
            else:
                rest[one.for_each].append(one)
        for_household = tuple(one for one in rest["village"] if one.id in told_by_village)
        return cls(
            {type_: tuple(some) for type_, some in person.items()},
            tuple(rest["person"]),
            {type_: tuple(some) for type_, some in household.items()},
            tuple(rest["household"]),
            tuple(rest["village"]),
            for_household,
        )


def _of_households(needs: frozenset[str]) -> bool:
    return len(needs) == 1 and all(FACTS[need].meta.subject is SubjectKind.HOUSEHOLD for need in needs)


@dataclass(frozen=True, slots=True, repr=False)
class Policy:
    """A rulebook that passed its own cases; `version` is the hash of its files."""

    version: str
    county: CountyFile
    law: Law
    levels: tuple[str, ...]
    """Highest first."""
    signals: Mapping[str, Signal]
    rules: Mapping[str, Rule]
    documents: Mapping[str, Document]
    queues: tuple[QueueFile, ...]
    calendars: Mapping[int, CalendarFile]
    sentences: tuple[tuple[str, str], ...]
    reads: Mapping[str, frozenset[str]]
    """Which documents read a type; types nobody reads need no judging."""
    coverage_types: frozenset[str]
    """Types of which a list's arrival alone can change a judgement."""
    asked: Asked
    household_rules: tuple[Rule, ...] = ()
    village_rules: tuple[Rule, ...] = ()

    def __repr__(self) -> str:
        return f"Policy({self.version!r})"

    def read(self) -> tuple[tuple[str, str], ...]:
        """Every document as (id, Chinese sentence)."""
        return self.sentences

    def overdue(self, today: date) -> list[str]:
        """Documents whose review date has passed: a warning, they go on being used."""
        return [id_ for id_, document in self.documents.items() if document.review_by < today]
