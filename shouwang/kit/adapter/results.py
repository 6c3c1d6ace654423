"""What a sending changes, as rows ready to be stored: worked out while only reading, written in one transaction."""

from collections.abc import Iterable
from functools import lru_cache

from contracts.envelope import Writer
from shouwang.kit.adapter.sending import Piece, Trouble, Warned
from shouwang.kit.adapter.spill import IN_MEMORY, Pile, Spill
from shouwang.kit.adapter.tables import moment

NOTE_COLUMNS = ("sending_id", "warning", "line", "column", "reason", "kind", "hint")


class Results:
    """The rows of one sending, put aside where there are many."""

    def __init__(self, spill: Spill, number: int, last: int, writer: Writer, *, by_period: bool) -> None:
        """`number` is the sending's, `last` the number of the county's last word before it."""
        self._number, self._writer, self._by_period = number, writer, by_period
        self.last = last
        self.entries, self.words, self.names, self.notes = (Pile(spill, IN_MEMORY // 2) for _ in range(4))

    def add(self, piece: Piece) -> None:
        """Take in what a portion amounts to."""
        by_period = self._by_period
        kept = [(entry.key if by_period else "", entry.subject, entry.key, *entry.dump()) for entry in piece.entries]
        kept.sort()
        self.entries.extend(kept)
        self.names.extend(sorted(piece.names))
        self.note(piece.troubles, piece.warnings)
        write, last, words = self._writer.write, self.last, []
        for subject, key, (op, day, stated_us, line, id_, content) in piece.changes:
            last += 1
            words.append((last, write(last, subject, key, op, day, _time(stated_us), line, id_, content)))
        self.words.extend(words)
        self.last = last

    def note(self, troubles: Iterable[Trouble], warnings: Iterable[Warned]) -> None:
        """Rejected rows and warnings for the receipt."""
        number = self._number
        self.notes.extend([(number, False, one.line, one.column, one.reason, one.kind, one.hint) for one in troubles])
        self.notes.extend([(number, True, one.line, one.column, one.reason, "", "") for one in warnings])


@lru_cache(maxsize=10_000)
def _time(stated_us: int) -> str:
    return moment(stated_us).isoformat()
