"""Erasing a person from an adapter's database: the register, the names borne, raw sendings, words on their way out."""

import json
from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, Table, bindparam, delete, select, update

from contracts.vocabulary import Op
from shouwang.kit.adapter.tables import METADATA, FeedRow, FenceRow, InboxRow, OutboxRow, SendingRow, table_of

_FEED, _FENCE, _INBOX, _OUTBOX, _SENDING = (
    table_of(model) for model in (FeedRow, FenceRow, InboxRow, OutboxRow, SendingRow)
)
NOBODY: Final = "p1" + "a" * 26
"""A reference that belongs to no number: what is left as the subject of an erased word."""
_SETTLED = ("done", "refused")


def erase(connection: Connection, county: str, person: str) -> int:
    """Erase one person of a county; returns how many facts the register held of the person.

    A later list that names the person states the facts anew. A translator at work finds the fence moved and begins
    again. Raw sendings of the feeds that spoke of the person are destroyed once they are settled: what a bureau wants
    corrected after that, it sends again.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete=ON")
    connection.execute(update(_FENCE).where(_FENCE.c.id == 1).values(version=_FENCE.c.version + 1))
    own_feeds = connection.execute(select(_FEED.c.id, _FEED.c.feed).where(_FEED.c.county == county))
    feeds = {row.id: row.feed for row in own_feeds}
    found = 0
    for table in _about_subjects():
        if "feed_id" in table.c:
            own = table.c.feed_id.in_(feeds) & (table.c.subject == person)
            spoke = set(connection.execute(select(table.c.feed_id).where(own)).scalars())
            found += connection.execute(delete(table).where(own)).rowcount
            _destroy_raw(connection, county, [feeds[feed] for feed in spoke])
        else:
            connection.execute(delete(table).where(table.c.county == county, table.c.subject == person))
    _empty_words(connection, county, person)
    return found


def _about_subjects() -> Iterable[Table]:
    return (
        table for table in METADATA.sorted_tables if "subject" in table.c and {"feed_id", "county"} & {*table.c.keys()}
    )


def _destroy_raw(connection: Connection, county: str, feeds: list[str]) -> None:
    settled = select(_SENDING.c.receipt).where(
        _SENDING.c.county == county, _SENDING.c.feed.in_(feeds), _SENDING.c.state.in_(_SETTLED)
    )
    connection.execute(delete(_INBOX).where(_INBOX.c.receipt.in_(settled)))


def _empty_words(connection: Connection, county: str, person: str) -> None:
    """Words of the person in the outbox keep their numbers, so that none is missing, and say nothing of nobody."""
    mark = f'"subject":"{person}"'.encode()
    rows = connection.execution_options(yield_per=5_000).execute(
        select(_OUTBOX.c.id, _OUTBOX.c.value).where(_OUTBOX.c.county == county)
    )
    emptied = [{"row": id_, "new": _emptied(value)} for id_, value in rows if mark in value]
    if emptied:
        connection.execute(
            update(_OUTBOX).where(_OUTBOX.c.id == bindparam("row")).values(value=bindparam("new")), emptied
        )


def _emptied(value: bytes) -> bytes:
    said = json.loads(value)
    said.pop("data", None)
    said |= {"subject": NOBODY, "fact": "", "id": "erased", "op": Op.WITHDRAW.value}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
