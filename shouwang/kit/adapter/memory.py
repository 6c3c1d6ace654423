"""A register kept in memory: the twin of the stored one, for tests and for reading what a store should hold."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from contracts.catalogue import FACTS
from contracts.vocabulary import Shape
from shouwang.kit.adapter.register import take
from shouwang.kit.adapter.sending import EVERYBODY, Outcome, Piece, Sending, Span
from shouwang.kit.adapter.statements import Entry, FactId, ListSaid
from shouwang.kit.adapter.withdrawal import Withdrawing


class MemoryView:
    """`sending.View` of one feed of one county in dictionaries; feeds of a department share `names`."""

    def __init__(self, type_: str, names: dict[str, set[str]] | None = None) -> None:
        self._type, self._by_period = type_, bool(FACTS[type_].meta.period)
        self.open_from = 0
        self.kept: dict[FactId, Entry] = {}
        self.said: dict[str, list[ListSaid]] = defaultdict(list)
        self.borne = names if names is not None else {}
        self.came: dict[tuple[str, Shape, date], int] = {}

    def entries(self, facts: Collection[FactId]) -> Mapping[FactId, Entry]:
        """See `View`."""
        return {fact: self._copy(self.kept[fact]) for fact in facts if fact in self.kept}

    def scope(self, period: str, span: Span = EVERYBODY) -> Mapping[FactId, Entry]:
        """See `View`."""
        return {
            fact: self._copy(entry)
            for fact, entry in self.kept.items()
            if (not self._by_period or entry.key == period)
            and span.low <= entry.subject
            and (span.high is None or entry.subject < span.high)
        }

    def saying(self, number: int) -> Iterable[Sequence[Entry]]:
        """See `withdrawal.Kept`."""
        touched = [entry for entry in self.kept.values() if any(heard.number == number for heard in entry.recent)]
        yield [self._copy(entry) for entry in touched]

    def lists(self, periods: Collection[str]) -> Mapping[str, Sequence[ListSaid]]:
        """See `View`."""
        return {period: tuple(self.said.get(period, ())) for period in periods}

    def all_lists(self) -> Sequence[ListSaid]:
        """See `View`."""
        return [one for said in self.said.values() for one in said]

    def columns(self) -> frozenset[str] | None:
        """See `View`."""
        last = max(self.all_lists(), key=lambda one: one.number, default=None)
        return None if last is None or last.columns is None else frozenset(last.columns)

    def bearers(self, names: Collection[str]) -> Mapping[str, frozenset[str]]:
        """See `View`."""
        return {name: frozenset(subject for subject, borne in self.borne.items() if name in borne) for name in names}

    def names(self, subjects: Collection[str], span: Span = EVERYBODY) -> Mapping[str, frozenset[str]]:  # noqa: ARG002
        """See `View`."""
        return {subject: frozenset(self.borne[subject]) for subject in subjects if subject in self.borne}

    def repeats(self, digest: str, shape: Shape, as_of: date) -> bool:
        """See `View`."""
        return (digest, shape, as_of) in self.came

    def store(self, sending: Sending, outcome: Outcome) -> None:
        """Keep what an outcome changes; a held or refused one changes nothing."""
        if outcome.held_because or outcome.refused:
            return
        self.came.setdefault((sending.digest, sending.shape, sending.as_of), sending.number)
        for said in outcome.lists:
            self.said[said.period].append(said)
        self._keep(outcome)

    def take(self, sending: Sending) -> Outcome:
        """Take a sending and keep what it changes."""
        outcome = take(sending, self)
        self.store(sending, outcome)
        return outcome

    def withdraw(self, county: str, number: int) -> Piece:
        """Take a sending back."""
        lists = [said for said in self.all_lists() if said.number != number]
        self.came = {same: first for same, first in self.came.items() if first != number}
        withdrawing, whole = Withdrawing(county, self._type, number, lists), Piece()
        for entries in self.saying(number):
            piece = withdrawing.piece(entries)
            whole.changes += piece.changes
            whole.entries += piece.entries
        self.said = defaultdict(list)
        for said in lists:
            self.said[said.period].append(said)
        self._keep(whole)
        return whole

    def _keep(self, piece: Piece) -> None:
        self.kept |= {entry.fact: entry for entry in piece.entries}
        for subject, name in piece.names:
            self.borne.setdefault(subject, set()).add(name)

    def _copy(self, entry: Entry) -> Entry:
        return Entry.load(entry.subject, entry.key, *entry.dump(), self.open_from)
