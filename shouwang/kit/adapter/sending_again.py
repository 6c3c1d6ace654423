"""After a restore of this department or of whoever reads it: go back to what has not been heard, and never give out a
number twice.
"""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Connection, Engine, func, insert, select, update

from shouwang.kit.adapter.tables import NumberRow, OutboxRow, table_of

_NUMBER, _OUTBOX = table_of(NumberRow), table_of(OutboxRow)


class Again(NamedTuple):
    """How many words are going to be sent again, and how many numbers nobody holds any more."""

    words: int
    lost: int


def send_again(engine: Engine, heard: Mapping[str, int]) -> Again:
    """Let the relay begin, in each county, behind the number up to which everything has been heard (none: 0).

    Where more was heard than this database has given out, it goes on counting behind that: it is older than its reader.
    """
    words = lost = 0
    with engine.begin() as connection:
        numbers = {row.county: row.last for row in connection.execute(select(_NUMBER.c.county, _NUMBER.c.last))}
        for county in sorted({*numbers, *heard}):
            after, last = heard.get(county, 0), numbers.get(county, 0)
            if county not in numbers:
                connection.execute(insert(_NUMBER).values(county=county, last=after, sent=after))
                continue
            first, count = _kept(connection, county, after)
            sent = first - 1 if first is not None else max(last, after)
            connection.execute(
                update(_NUMBER).where(_NUMBER.c.county == county).values(last=max(last, after), sent=sent)
            )
            words, lost = words + count, lost + max(0, min(sent, last) - after)
    return Again(words, lost)


def _kept(connection: Connection, county: str, after: int) -> tuple[int | None, int]:
    """The first number behind `after` the outbox holds, and how many there are."""
    left = select(func.min(_OUTBOX.c.seq), func.count()).where(_OUTBOX.c.county == county, _OUTBOX.c.seq > after)
    first, count = connection.execute(left).one()
    return first, count
