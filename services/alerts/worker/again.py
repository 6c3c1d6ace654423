"""Letters tried again: what a person has asked for goes the way of every word; without letters a feed goes on."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select

from services.alerts.store.ledger import Ledger
from services.alerts.store.writing import LETTERS
from services.alerts.worker.decode import Reader, Refused, Said
from services.alerts.worker.unit import Unit
from shouwang.kit.bus import Record
from shouwang.kit.keys import SealBroken
from shouwang.kit.letters import Letter, Seals, unseal

Wanted = Sequence[Row[Any]]


def read_wanted(connection: Connection, partition: int) -> Wanted:
    """The letters of a partition a person has asked for, in the order they came."""
    chosen = select(LETTERS).where(LETTERS.c.wanted, LETTERS.c.partition == partition).order_by(LETTERS.c.row)
    return connection.execute(chosen).all()


def answered(wanted: Wanted, unit: Unit, here: Callable[[str], bool], sealer: Seals) -> dict[str, list[Said]]:
    """The words of these letters by county; what still cannot be used is put back, the rest is settled.

    Their numbers were heard when they came, so they are not heard again. A letter without a body only told of
    something (a gap, a household that could not be judged): asking for it settles it.
    """
    words: dict[str, list[Said]] = {}
    reader = Reader(here)
    for letter in wanted:
        unit.effects.settled.append(letter.row)
        read = _read(letter, reader, sealer)
        if isinstance(read, Letter):
            unit.letters.append(read)
        elif read is not None:
            words.setdefault(read.county, []).append(read)
    return words


def _read(letter: Row[Any], reader: Reader, sealer: Seals) -> Said | Letter | None:
    county = f"{letter.county:06d}" if letter.county else ""
    try:
        body = unseal(letter.sealed, letter.place, sealer)
    except SealBroken:
        return None  # its key was destroyed after 30 days: there is nothing left to try
    if not body:
        return None
    topic, partition, offset = letter.place.rsplit("/", 2)
    read = reader.read(Record(topic, int(partition), int(offset), county.encode(), body))
    if isinstance(read, Refused):
        return Letter(letter.stage, read.reason, letter.place, county, letter.feed, body)
    return read


def read_mentioning(
    connection: Connection, erased: Mapping[str, Sequence[tuple[int, str]]], sealer: Seals
) -> list[int]:
    """The letters in which one of these people is named, by row; those that can be opened no more name nobody."""
    marks = {int(county): [subject.encode() for _, subject in people] for county, people in erased.items()}
    chosen = select(LETTERS.c.row, LETTERS.c.county, LETTERS.c.place, LETTERS.c.sealed)
    found = []
    for letter in connection.execute(chosen.where(LETTERS.c.county.in_(marks))):
        try:
            body = unseal(letter.sealed, letter.place, sealer)
        except SealBroken:
            continue
        if any(mark in body for mark in marks[letter.county]):
            found.append(letter.row)
    return found


def start_feeds(connection: Connection, wanted: Wanted, ledger: Ledger, put_back: Sequence[Letter]) -> None:
    """A stopped feed of which no letter is left goes on."""
    back = {(letter.county, letter.feed) for letter in put_back}
    for county, feed in {(f"{letter.county:06d}", letter.feed) for letter in wanted}:
        stopped = ledger.counties[county].stopped if county in ledger.counties else []
        if feed not in stopped or (county, feed) in back:
            continue
        left = select(func.count()).where(LETTERS.c.county == int(county), LETTERS.c.feed == feed, ~LETTERS.c.wanted)
        if connection.execute(left).scalar_one() == 0:
            stopped.remove(feed)
            ledger.counties[county].letters.pop(feed, None)
