"""Attempts: a batch that kills its worker is taken in ever smaller pieces; a word that fails alone is set aside."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from pydantic import ValidationError

from contracts.envelope import decode
from shouwang.kit.bus import Batch, Record

BY_SENDING: Final = 3
"""Tries at one place, this one included, from which the batch is taken one sending at a time: after two restarts."""

BY_WORD: Final = 5
"""Tries from which it is taken word by word from the start, because dying leaves no exception to catch."""

NO_MORE: Final = 8
"""Tries from which a single word is set aside unread: it has killed the process every time."""


def in_pieces(batch: Batch, tries: int) -> Iterator[Batch]:
    """The batch in the pieces that fit the number of tries: each is a batch of its own, in order, without holes."""
    starts = range(len(batch.records)) if tries >= BY_WORD else _sendings(batch)
    yield from _cut(batch, list(starts))


def one_by_one(batch: Batch) -> Iterator[Batch]:
    """The batch word by word."""
    yield from _cut(batch, list(range(len(batch.records))))


def _cut(batch: Batch, starts: list[int]) -> Iterator[Batch]:
    if not starts:
        yield batch
        return
    first = batch.first
    for start, end in pairwise([*starts, len(batch.records)]):
        records = batch.records[start:end]
        after = records[-1].offset + 1 if end < len(batch.records) else batch.next
        yield batch._replace(first=first, next=after, records=records)
        first = after


def _sendings(batch: Batch) -> Iterator[int]:
    """Where in a batch another sending begins."""
    before: str | None = None
    for at, record in enumerate(batch.records):
        sending = _sending_of(record)
        if at == 0 or sending != before:
            yield at
        before = sending


def _sending_of(record: Record) -> str:
    try:
        envelope = decode(record.value)
    except (ValidationError, ValueError, RecursionError):
        return ""
    return f"{envelope.partitionkey} {envelope.sending}"
