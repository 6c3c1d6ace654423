"""Sorting: records become words by county; what cannot is set aside as letters, up to a limit per county and feed."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from services.alerts.store.copying import Row
from services.alerts.store.ledger import CountyLedger, Ledger, gap_of
from services.alerts.worker.decode import Reader, Refused, Said
from services.alerts.worker.numbers import hear
from services.alerts.worker.tally import Processed
from shouwang.kit.bus import Record
from shouwang.kit.letters import Letter, Seals, seal

LETTERS_PER_FEED: Final = 100
"""Unreadable words of a county's feed beyond which it is stopped: a broken sender backs up, it does not drain away."""

STOPPED: Final = "the feed is stopped: its words wait in order"


def place_of(record: Record) -> str:
    """Where a record stands in the log."""
    return f"{record.topic}/{record.partition}/{record.offset}"


class Sorting:
    """Sorts one batch's records into words by county, in order, and letters; counts numbers in the given ledger."""

    def __init__(self, ledger: Ledger, here: Callable[[str], bool], limit: int, processed: Processed) -> None:
        self.words: dict[str, list[Said]] = {}
        self.letters: list[Letter] = []
        self.filled: set[tuple[str, str]] = set()
        """(county, department) of which no number is missing any more."""
        self._reader = Reader(here)
        self._ledger, self._limit, self._processed = ledger, limit, processed

    def sort(self, records: Iterable[Record]) -> None:
        """Take every record of a batch."""
        read_record = self._reader.read
        for record in records:
            read = read_record(record)
            if isinstance(read, Refused):
                self._refuse(record, read)
                continue
            county = self._ledger.county(read.county)
            if not self._hear(record, county, read.department, read.seq):
                continue
            if county.stopped and read.feed in county.stopped:
                self._put(record, Refused(STOPPED, read.county, read.feed))
            elif read.county in self.words:
                self.words[read.county].append(read)
            else:
                self.words[read.county] = [read]

    def set_aside(self, record: Record, reason: str) -> None:
        """Make a record a letter although it can be read: applying it alone has failed."""
        read = self._reader.read(record)
        if isinstance(read, Refused):
            self._refuse(record, read)
        elif self._hear(record, self._ledger.county(read.county), read.department, read.seq):
            self._put(record, Refused(reason, read.county, read.feed))

    def _hear(self, record: Record, county: CountyLedger, department: str, seq: int) -> bool:
        """Whether a number is new; a gap before it is reported as a letter without a body."""
        waited = bool(county.missing) and department in county.missing
        heard = hear(county, department, seq)
        if heard is True:
            if waited and department not in county.missing:
                self._filled(record.key.decode(), department)
            return True
        if isinstance(heard, tuple):
            self._processed.gaps += 1
            reason = f"{gap_of(department)}{heard[0]} to {heard[1]} have not come"
            self.letters.append(Letter("apply", reason, f"{place_of(record)}/gap", record.key.decode()))
        elif not heard:
            self._processed.seen += 1
            return False
        return True

    def _filled(self, county: str, department: str) -> None:
        """Everything a department owed has come: what told of its gaps is answered, by nobody's hand."""
        self.filled.add((county, department))
        told = gap_of(department)
        self.letters = [one for one in self.letters if one.county != county or not one.reason.startswith(told)]

    def _refuse(self, record: Record, refused: Refused) -> None:
        if refused.seq and not self._hear(record, self._ledger.county(refused.county), refused.department, refused.seq):
            return
        self._put(record, refused)
        if refused.county and refused.feed:
            self._count(refused.county, refused.feed)

    def _count(self, county: str, feed: str) -> None:
        ledger = self._ledger.county(county)
        ledger.letters[feed] = ledger.letters.get(feed, 0) + 1
        if ledger.letters[feed] >= self._limit and feed not in ledger.stopped:
            ledger.stopped.append(feed)

    def _put(self, record: Record, refused: Refused) -> None:
        self.letters.append(
            Letter("apply", refused.reason, place_of(record), refused.county, refused.feed, record.value)
        )


def letter_rows(letters: Iterable[Letter], partition: int, now: datetime, sealer: Seals) -> list[Row]:
    """Letters as they rest in the table, sealed."""
    return [
        (
            letter.place,
            partition,
            int(letter.county or 0),
            letter.feed,
            letter.stage,
            letter.reason[:500],
            now.isoformat(),
            False,
            seal(letter, sealer),
        )
        for letter in letters
    ]
