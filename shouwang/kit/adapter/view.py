"""The register's store: what is kept of one feed of one county, read for many facts at once."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, select

from contracts.vocabulary import Shape, SubjectKind
from shouwang.kit.adapter.bulk import among
from shouwang.kit.adapter.sending import EVERYBODY, NOBODY, Span
from shouwang.kit.adapter.spill import spans
from shouwang.kit.adapter.statements import Entry, FactId, ListSaid
from shouwang.kit.adapter.tables import FeedRow, ListRow, RegisterRow, SendingRow, UnreadRow, moment, table_of

AT_ONCE: Final = 5_000
"""Values asked for by one statement."""
BY_SPAN: Final = 2_000
"""From so many subjects on their names are read by the span they lie in, if there is one."""

_FEED, _REGISTER, _LIST, _UNREAD, _SENDING = (
    table_of(model) for model in (FeedRow, RegisterRow, ListRow, UnreadRow, SendingRow)
)
_KEPT: Final = "SELECT subject, key, content, kept FROM register WHERE feed_id = {id} AND period = {p}"

T = TypeVar("T")


class StoredView:
    """`sending.View` over one connection; the connection only reads."""

    def __init__(self, connection: Connection, county: str, feed: str, *, by_period: bool, open_from: int = 0) -> None:
        self._connection, self._county, self._feed = connection, county, feed
        self._by_period, self._open_from = by_period, open_from
        self._mark = "%s" if connection.dialect.name == "postgresql" else "?"
        row = connection.execute(
            select(_FEED.c.id, _FEED.c.columns).where(_FEED.c.county == county, _FEED.c.feed == feed)
        ).one_or_none()
        self.id = row.id if row else -1
        self._columns = row.columns if row else None

    def entries(self, facts: Collection[FactId]) -> Mapping[FactId, Entry]:
        """See `register.View.entries`."""
        periods: dict[str, dict[str, None]] = {}
        for subject, key in facts:
            periods.setdefault(key if self._by_period else "", {})[subject] = None
        found: dict[FactId, Entry] = {}
        for period, subjects in periods.items():
            for some in _chunks(sorted(subjects)):
                where, values = among(self._connection, "subject", some)
                found |= self._load(f"{_KEPT} AND {where}", (self.id, period, *values))
        return {fact: found[fact] for fact in facts if fact in found}

    def scope(self, period: str, span: Span) -> Mapping[FactId, Entry]:
        """See `register.View.scope`."""
        if span == NOBODY or self.id < 0:
            return {}
        where, values = self._within(span)
        return self._load(_KEPT + where, (self.id, period if self._by_period else "", *values))

    def saying(self, number: int, kind: SubjectKind) -> Iterator[list[Entry]]:
        """The entries of which a sending has said something, some at a time."""
        periods = select(_REGISTER.c.period).where(_REGISTER.c.feed_id == self.id).distinct()
        for period in self._connection.execute(periods).scalars().all():
            for span in spans(kind):
                where, values = self._within(span)
                found = self._load(
                    f"{_KEPT}{where} AND kept LIKE {self._mark}", (self.id, period, *values, f"%[{number},%")
                )
                yield [entry for entry in found.values() if any(heard.number == number for heard in entry.recent)]

    def _within(self, span: Span) -> tuple[str, tuple[str, ...]]:
        if span == EVERYBODY:
            return "", ()
        if span.high is None:
            return f" AND subject >= {self._mark}", (span.low,)
        return f" AND subject >= {self._mark} AND subject < {self._mark}", (span.low, span.high)

    def _load(self, query: str, values: tuple[Any, ...]) -> dict[FactId, Entry]:
        statement = query.format(id=self._mark, p=self._mark)
        load, open_from = Entry.load, self._open_from
        return {
            (subject, key): load(subject, key, content, kept, open_from)
            for subject, key, content, kept in self._connection.exec_driver_sql(statement, values)
        }

    def lists(self, periods: Collection[str]) -> Mapping[str, Sequence[ListSaid]]:
        """See `register.View.lists`."""
        said: dict[str, list[ListSaid]] = {period: [] for period in periods}
        for some in _chunks(sorted(said)):
            for one in self._lists(_LIST.c.period.in_(some)):
                said[one.period].append(one)
        return said

    def all_lists(self) -> Sequence[ListSaid]:
        """See `register.View.all_lists`."""
        return list(self._lists())

    def _lists(self, *where: Any) -> Iterator[ListSaid]:
        query = (
            select(_LIST, _SENDING.c.id.label("number"))
            .outerjoin(_SENDING, _SENDING.c.receipt == _LIST.c.receipt)
            .where(_LIST.c.feed_id == self.id, *where)
            .order_by(_LIST.c.id)
        )
        rows = self._connection.execute(query).all()
        unread = self._unread([row.id for row in rows])
        for row in rows:
            yield ListSaid(
                row.period, row.area, row.as_of, moment(row.stated_us), row.receipt, row.readable,
                frozenset(unread.get(row.id, ())), row.number or 0,
                None if row.columns is None else tuple(json.loads(row.columns)),
            )  # fmt: skip

    def columns(self) -> frozenset[str] | None:
        """See `register.View.columns`."""
        query = select(_LIST.c.columns).where(_LIST.c.feed_id == self.id).order_by(_LIST.c.id.desc()).limit(1)
        last = self._connection.execute(query).one_or_none()
        said = self._columns if last is None or last.columns is None else last.columns
        return None if said is None or last is None else frozenset(json.loads(said))

    def bearers(self, names: Collection[str]) -> Mapping[str, frozenset[str]]:
        """See `register.View.bearers`."""
        return self._borne("name", "subject", names)

    def names(self, subjects: Collection[str], span: Span) -> Mapping[str, frozenset[str]]:
        """See `register.View.names`."""
        if span == EVERYBODY or len(subjects) < BY_SPAN:
            return self._borne("subject", "name", subjects)
        where, values = self._within(span)
        return self._gather(f"SELECT subject, name FROM bearer WHERE county = {self._mark}{where}", values)  # noqa: S608

    def repeats(self, digest: str, shape: Shape, as_of: date) -> bool:
        """See `register.View.repeats`."""
        same = select(_SENDING.c.id).where(
            _SENDING.c.county == self._county, _SENDING.c.feed == self._feed, _SENDING.c.digest == digest,
            _SENDING.c.shape == shape.value, _SENDING.c.as_of == as_of, _SENDING.c.state == "done",
            (_SENDING.c.duplicate < _SENDING.c.received) | (_SENDING.c.received == 0),  # a repeat has said nothing
        )  # fmt: skip
        return self._connection.execute(same.limit(1)).first() is not None

    def _unread(self, lists: Sequence[int]) -> dict[int, set[tuple[str, str | None]]]:
        found: dict[int, set[tuple[str, str | None]]] = {}
        for some in _chunks(lists):
            for row in self._connection.execute(select(_UNREAD).where(_UNREAD.c.list_id.in_(some))):
                found.setdefault(row.list_id, set()).add((row.subject, row.key))
        return found

    def _borne(self, by: str, what: str, values: Collection[str]) -> Mapping[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for some in _chunks(sorted(set(values))):
            where, asked = among(self._connection, by, some)
            query = f"SELECT {by}, {what} FROM bearer WHERE county = {self._mark} AND {where}"  # noqa: S608 (our names)
            found |= self._gather(query, asked)
        return found

    def _gather(self, query: str, values: Sequence[Any]) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for by, what in self._connection.exec_driver_sql(query, (self._county, *values)):
            before = found.get(by)
            found[by] = frozenset((what,)) if before is None else before | {what}
        return found


def _chunks(values: Iterable[T]) -> Iterator[list[T]]:
    source = iter(values)
    while some := list(islice(source, AT_ONCE)):
        yield some
