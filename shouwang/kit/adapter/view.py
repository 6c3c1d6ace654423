"""The register's store: what is kept of one feed of one county, read for many facts at once and written in bulk."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from contracts.vocabulary import Shape
from shouwang.kit.adapter.sending import Outcome
from shouwang.kit.adapter.statements import Entry, FactId, ListSaid
from shouwang.kit.adapter.tables import (
    BearerRow,
    EntryRow,
    FeedRow,
    ListRow,
    SendingRow,
    UnreadRow,
    microseconds,
    moment,
    table_of,
)

AT_ONCE = 5_000
"""Values of one IN list; SQLite allows 32,766 parameters."""

_FEED, _ENTRY, _LIST, _UNREAD, _BEARER, _SENDING = (
    table_of(model) for model in (FeedRow, EntryRow, ListRow, UnreadRow, BearerRow, SendingRow)
)

T = TypeVar("T")


class StoredView:
    """`register.View` over one connection; the connection only reads."""

    def __init__(self, connection: Connection, county: str, feed: str) -> None:
        self._connection, self._county, self._feed = connection, county, feed
        row = connection.execute(
            select(_FEED.c.id, _FEED.c.columns).where(_FEED.c.county == county, _FEED.c.feed == feed)
        ).one_or_none()
        self._id = row.id if row else -1
        self._columns = row.columns if row else None

    def entries(self, facts: Collection[FactId]) -> Mapping[FactId, Entry]:
        """See `register.View.entries`."""
        wanted = set(facts)
        found: dict[FactId, Entry] = {}
        for subjects in _chunks(sorted({subject for subject, _ in wanted})):
            rows = self._connection.execute(self._select().where(_ENTRY.c.subject.in_(subjects)))
            for row in rows:
                if (row.subject, row.key) in wanted:
                    found[row.subject, row.key] = Entry.load(row.subject, row.key, row.kept)
        return found

    def scope(self, period: str) -> Mapping[FactId, Entry]:
        """See `register.View.scope`."""
        query = self._select() if not period else self._select().where(_ENTRY.c.key == period)
        rows = self._connection.execute(query)
        return {(row.subject, row.key): Entry.load(row.subject, row.key, row.kept) for row in rows}

    def lists(self, periods: Collection[str]) -> Mapping[str, Sequence[ListSaid]]:
        """See `register.View.lists`."""
        said: dict[str, list[ListSaid]] = {period: [] for period in periods}
        for some in _chunks(sorted(said)):
            query = select(_LIST).where(_LIST.c.feed_id == self._id, _LIST.c.period.in_(some)).order_by(_LIST.c.id)
            rows = self._connection.execute(query).all()
            unread = self._unread([row.id for row in rows])
            for row in rows:
                said[row.period].append(
                    ListSaid(
                        row.period, row.area, row.as_of, moment(row.stated_us), row.receipt, row.readable,
                        frozenset(unread.get(row.id, ())),
                    )
                )  # fmt: skip
        return said

    def columns(self) -> frozenset[str] | None:
        """See `register.View.columns`."""
        return None if self._columns is None else frozenset(json.loads(self._columns))

    def bearers(self, names: Collection[str]) -> Mapping[str, frozenset[str]]:
        """See `register.View.bearers`."""
        return self._borne(_BEARER.c.name, _BEARER.c.subject, names)

    def names(self, subjects: Collection[str]) -> Mapping[str, frozenset[str]]:
        """See `register.View.names`."""
        return self._borne(_BEARER.c.subject, _BEARER.c.name, subjects)

    def repeats(self, digest: str, shape: Shape, as_of: date) -> bool:
        """See `register.View.repeats`."""
        same = select(_SENDING.c.id).where(
            _SENDING.c.county == self._county, _SENDING.c.feed == self._feed, _SENDING.c.digest == digest,
            _SENDING.c.shape == shape.value, _SENDING.c.as_of == as_of, _SENDING.c.state == "done",
        )  # fmt: skip
        return self._connection.execute(same.limit(1)).first() is not None

    def _select(self) -> Any:
        return select(_ENTRY.c.subject, _ENTRY.c.key, _ENTRY.c.kept).where(_ENTRY.c.feed_id == self._id)

    def _unread(self, lists: Sequence[int]) -> dict[int, set[tuple[str, str | None]]]:
        found: dict[int, set[tuple[str, str | None]]] = {}
        for some in _chunks(lists):
            for row in self._connection.execute(select(_UNREAD).where(_UNREAD.c.list_id.in_(some))):
                found.setdefault(row.list_id, set()).add((row.subject, row.key))
        return found

    def _borne(self, by: Any, what: Any, values: Collection[str]) -> Mapping[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for some in _chunks(sorted(set(values))):
            query = select(by.label("by"), what.label("what")).where(_BEARER.c.county == self._county, by.in_(some))
            for row in self._connection.execute(query):
                found.setdefault(row.by, set()).add(row.what)
        return {value: frozenset(others) for value, others in found.items()}


def store(connection: Connection, county: str, feed: str, outcome: Outcome, columns: Sequence[str] | None) -> None:
    """Write what an outcome changes of the register; `columns` are those of an applied list, None for an increment."""
    feed_id = _feed_id(connection, county, feed)
    if columns is not None and outcome.lists:
        said = json.dumps(list(columns), ensure_ascii=False)
        connection.execute(update(_FEED).where(_FEED.c.id == feed_id).values(columns=said))
    for entries in _chunks(outcome.entries):
        rows = [
            {
                "feed_id": feed_id,
                "subject": entry.subject,
                "key": entry.key,
                "kept": entry.dump(),
                "stands": entry.stands,
            }
            for entry in entries
        ]
        _upsert(connection, _ENTRY, rows, ("feed_id", "subject", "key"), ("kept", "stands"))
    for said_list in outcome.lists:
        _store_list(connection, feed_id, said_list)
    for names in _chunks(outcome.names):
        rows = [{"county": county, "subject": subject, "name": name} for subject, name in names]
        _upsert(connection, _BEARER, rows, ("county", "subject", "name"), ())


def _feed_id(connection: Connection, county: str, feed: str) -> int:
    query = select(_FEED.c.id).where(_FEED.c.county == county, _FEED.c.feed == feed)
    found = connection.execute(query).scalar_one_or_none()
    if found is None:
        connection.execute(insert(_FEED).values(county=county, feed=feed))
        found = connection.execute(query).scalar_one()
    return int(found)


def _store_list(connection: Connection, feed_id: int, said: ListSaid) -> None:
    made = connection.execute(
        insert(_LIST).values(
            feed_id=feed_id, period=said.period, area=said.area, as_of=said.as_of,
            stated_us=microseconds(said.stated_at), receipt=said.receipt, readable=said.readable,
        )
    )  # fmt: skip
    (list_id,) = made.inserted_primary_key or (None,)
    for some in _chunks(sorted(said.unread, key=lambda one: (one[0], one[1] or ""))):
        rows = [{"list_id": list_id, "subject": subject, "key": key} for subject, key in some]
        connection.execute(insert(_UNREAD), rows)


def _upsert(
    connection: Connection, table: Table, rows: list[dict[str, Any]], unique: Sequence[str], changed: Sequence[str]
) -> None:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table)
    if changed:
        values = {name: statement.excluded[name] for name in changed}
        connection.execute(statement.on_conflict_do_update(index_elements=unique, set_=values), rows)
    else:
        connection.execute(statement.on_conflict_do_nothing(index_elements=unique), rows)


def _chunks(values: Iterable[T]) -> Iterator[list[T]]:
    source = iter(values)
    while some := list(islice(source, AT_ONCE)):
        yield some
