"""A register kept in memory: the twin of the stored one, for tests and for reading what a store should hold."""

import copy
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from contracts.catalogue import FACTS
from contracts.vocabulary import Shape
from shouwang.kit.adapter.register import take
from shouwang.kit.adapter.sending import Outcome, Sending
from shouwang.kit.adapter.statements import Entry, FactId, ListSaid


class MemoryView:
    """`sending.View` of one feed of one county in dictionaries; feeds of a department share `names`."""

    def __init__(self, type_: str, names: dict[str, set[str]] | None = None) -> None:
        self._by_period = bool(FACTS[type_].meta.period)
        self.kept: dict[FactId, Entry] = {}
        self.said: dict[str, list[ListSaid]] = defaultdict(list)
        self.had: frozenset[str] | None = None
        self.borne = names if names is not None else {}
        self.came: set[tuple[str, Shape, date]] = set()

    def entries(self, facts: Collection[FactId]) -> Mapping[FactId, Entry]:
        """See `View`."""
        return {fact: copy.deepcopy(self.kept[fact]) for fact in facts if fact in self.kept}

    def scope(self, period: str) -> Mapping[FactId, Entry]:
        """See `View`."""
        return {
            fact: copy.deepcopy(entry)
            for fact, entry in self.kept.items()
            if not self._by_period or entry.key == period
        }

    def lists(self, periods: Collection[str]) -> Mapping[str, Sequence[ListSaid]]:
        """See `View`."""
        return {period: tuple(self.said.get(period, ())) for period in periods}

    def columns(self) -> frozenset[str] | None:
        """See `View`."""
        return self.had

    def bearers(self, names: Collection[str]) -> Mapping[str, frozenset[str]]:
        """See `View`."""
        return {name: frozenset(subject for subject, borne in self.borne.items() if name in borne) for name in names}

    def names(self, subjects: Collection[str]) -> Mapping[str, frozenset[str]]:
        """See `View`."""
        return {subject: frozenset(self.borne.get(subject, ())) for subject in subjects}

    def repeats(self, digest: str, shape: Shape, as_of: date) -> bool:
        """See `View`."""
        return (digest, shape, as_of) in self.came

    def store(self, sending: Sending, outcome: Outcome) -> None:
        """Keep what an outcome changes; a held or refused one changes nothing."""
        if outcome.held_because or outcome.refused:
            return
        self.came.add((sending.digest, sending.shape, sending.as_of))
        self.kept |= {entry.fact: entry for entry in outcome.entries}
        for said in outcome.lists:
            self.said[said.period].append(said)
            self.had = frozenset(sending.columns)
        for subject, name in outcome.names:
            self.borne.setdefault(subject, set()).add(name)

    def take(self, sending: Sending) -> Outcome:
        """Take a sending and keep what it changes."""
        outcome = take(sending, self)
        self.store(sending, outcome)
        return outcome
