"""Policy: a loaded rulebook, ready to judge by."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from services.alerts.domain.documents import CalendarFile, CountyFile, Document, QueueFile
from services.alerts.domain.rules import Rule
from services.alerts.domain.scope import Law
from services.alerts.domain.signals import Signal

Plan = tuple[tuple[Signal, ...], tuple[Signal, ...], tuple[Signal, ...]]
"""The signals worth asking for persons, the household and its village, given which types were ever stated."""


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
    household_rules: tuple[Rule, ...] = ()
    village_rules: tuple[Rule, ...] = ()
    told_by_village: frozenset[str] = frozenset()
    """Signals of the village that a rule about households names."""
    _plans: dict[frozenset[str], Plan] = field(default_factory=dict, compare=False, repr=False)

    def __repr__(self) -> str:
        return f"Policy({self.version!r})"

    def read(self) -> tuple[tuple[str, str], ...]:
        """Every document as (id, Chinese sentence)."""
        return self.sentences

    def overdue(self, today: date) -> list[str]:
        """Documents whose review date has passed: a warning, they go on being used."""
        return [id_ for id_, document in self.documents.items() if document.review_by < today]

    def plan(self, present: frozenset[str]) -> Plan:
        """The signals that can stand or be unknown where only these types were ever stated."""
        if present not in self._plans:
            asked = [one for one in self.signals.values() if one.needs is None or one.needs & present]
            by_kind = {kind: tuple(one for one in asked if one.for_each == kind) for kind in _KINDS}
            self._plans[present] = (by_kind["person"], by_kind["household"], by_kind["village"])
        return self._plans[present]


_KINDS = ("person", "household", "village")
