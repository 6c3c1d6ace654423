"""Writing down what a sending changes of the register, within the transaction that answers for it."""

import json
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, delete, insert, select

from shouwang.kit.adapter import bulk
from shouwang.kit.adapter.results import Results
from shouwang.kit.adapter.statements import ListSaid
from shouwang.kit.adapter.tables import FeedRow, ListRow, UnreadRow, microseconds, table_of

_FEED, _LIST, _UNREAD = (table_of(model) for model in (FeedRow, ListRow, UnreadRow))
_FACT = ("feed_id", "period", "subject", "key")


def store(connection: Connection, county: str, feed: str, results: Results, lists: Iterable[ListSaid]) -> None:
    """Write entries, names and applied lists."""
    feed_id = _feed_id(connection, county, feed)
    for entries in results.entries.chunks():
        bulk.put(connection, "register", _FACT, ("content", "kept"), [(feed_id, *entry) for entry in entries])
    for said in lists:
        _store_list(connection, feed_id, said)
    for names in results.names.chunks():
        bulk.put(connection, "bearer", ("county", "subject", "name"), (), [(county, *name) for name in names])


def forget_lists(connection: Connection, receipt: str) -> None:
    """The lists of a sending that is taken back were never applied."""
    made = select(_LIST.c.id).where(_LIST.c.receipt == receipt)
    connection.execute(delete(_UNREAD).where(_UNREAD.c.list_id.in_(made)))
    connection.execute(delete(_LIST).where(_LIST.c.receipt == receipt))


def _feed_id(connection: Connection, county: str, feed: str) -> int:
    query = select(_FEED.c.id).where(_FEED.c.county == county, _FEED.c.feed == feed)
    found = connection.execute(query).scalar_one_or_none()
    if found is None:
        connection.execute(insert(_FEED).values(county=county, feed=feed))
        found = connection.execute(query).scalar_one()
    return int(found)


def _store_list(connection: Connection, feed_id: int, said: ListSaid) -> None:
    columns: Sequence[str] = said.columns or ()
    made = connection.execute(
        insert(_LIST).values(
            feed_id=feed_id, period=said.period, area=said.area, as_of=said.as_of,
            stated_us=microseconds(said.stated_at), receipt=said.receipt, readable=said.readable,
            columns=json.dumps(list(columns), ensure_ascii=False),
        )
    )  # fmt: skip
    (list_id,) = made.inserted_primary_key or (None,)
    unread = sorted(said.unread, key=lambda one: (one[0], one[1] or ""))
    bulk.add(connection, "unread", ("list_id", "subject", "key"), [(list_id, *one) for one in unread])
