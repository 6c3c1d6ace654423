"""LocalLog: the log in one SQLite file, for many processes of one machine; the twin of `kafka.py`."""

import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from time import time
from typing import Literal

from contracts.topics import Topic
from shouwang.kit.bus import (
    DAY_MS,
    Batch,
    LogAway,
    Outgoing,
    PositionLost,
    Record,
    TopicMismatch,
    missing,
    require_declared,
)

WAIT_SECONDS = 30.0
"""How long a write waits for another process's write before it is `LogAway`."""

SLOT = 1 << 40
"""A record's row number is slot * SLOT + offset, so that one tree holds each partition's records side by side."""

PARTITIONS_PER_TOPIC = 1 << 12

SCHEMA = """
create table if not exists topic(
    number integer primary key, name text not null unique, id text not null,
    partitions integer not null, retention_ms integer not null);
create table if not exists slot(number integer primary key, next integer not null, began integer not null default 0);
create table if not exists record(
    number integer primary key, key blob not null, value blob not null, at integer not null);
"""


class Known:
    """What one topic is: its number, identity and partitions (fixed while it exists)."""

    __slots__ = ("id", "number", "partitions")

    def __init__(self, number: int, id_: str, partitions: int) -> None:
        self.number, self.id, self.partitions = number, id_, partitions

    def slot(self, name: str, partition: int) -> int:
        """The number under which a partition's records and end are kept."""
        if not 0 <= partition < self.partitions:
            raise TopicMismatch(f"topic {name} has {self.partitions} partitions, asked for is number {partition}")
        return self.number * PARTITIONS_PER_TOPIC + partition


class LocalLog:
    """A log in the SQLite file `path`; `seconds` is the time records are stamped with (retention counts from it)."""

    def __init__(self, path: Path, *, durable: bool = True, seconds: Callable[[], float] = time) -> None:
        self._path, self._durable, self._seconds = path, durable, seconds
        self._threads = threading.local()
        self._topics: dict[str, Known] = {}
        self._open: list[sqlite3.Connection] = []
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._away():
            self._connection().executescript(SCHEMA)

    def ensure(self, topics: Sequence[Topic]) -> None:
        """See `Log.ensure`; also forgets records older than their topic's retention."""
        with self._transaction("immediate") as connection:
            connection.executemany(
                "insert into topic(name, id, partitions, retention_ms) values (?, ?, ?, ?) on conflict do nothing",
                [(t.name, secrets.token_hex(8), t.partitions, t.retention_days * DAY_MS) for t in topics],
            )
            self._forget_old(connection)
        self.check(topics)

    def check(self, topics: Sequence[Topic]) -> None:
        """See `Log.check`."""
        with self._away():
            rows = self._connection().execute("select name, partitions, retention_ms from topic").fetchall()
        require_declared(topics, {r[0]: r[1] for r in rows}, {r[0]: r[2] for r in rows})

    def send(self, records: Sequence[Outgoing]) -> None:
        """See `Log.send`; all records or none are appended."""
        at = int(self._seconds() * 1000)
        with self._transaction("immediate") as connection:
            for (topic, partition), group in groupby(records, key=lambda r: r[:2]):
                slot = self._known(topic).slot(topic, partition)
                _, begin = _bounds(connection, slot)
                rows = [(slot * SLOT + n, r.key, r.value, at) for n, r in enumerate(group, start=begin)]
                connection.executemany("insert into record(number, key, value, at) values (?, ?, ?, ?)", rows)
                connection.execute(
                    "insert into slot(number, next) values (?, ?) on conflict do update set next = excluded.next",
                    (slot, begin + len(rows)),
                )

    def read(self, topic: str, partition: int, offset: int, limit: int = 4000) -> Batch:
        """See `Log.read`."""
        known = self._known(topic)
        slot = known.slot(topic, partition)
        with self._transaction("deferred") as connection:
            began, end = _bounds(connection, slot)
            if offset > end:
                raise PositionLost(topic, partition, offset, end)
            first = max(offset, began)
            rows = connection.execute(
                "select number, key, value from record where number >= ? and number < ? order by number limit ?",
                (slot * SLOT + first, slot * SLOT + end, limit),
            )
            records = [Record(topic, partition, number % SLOT, key, value) for number, key, value in rows]
        return Batch(topic, partition, first, records[-1].offset + 1 if records else first, records, known.id)

    def ends(self, topics: Sequence[str], partition: int) -> dict[str, int]:
        """See `Log.ends`."""
        slots = {self._known(topic).slot(topic, partition): topic for topic in topics}
        with self._transaction("deferred") as connection:
            return {topic: _bounds(connection, slot)[1] for slot, topic in slots.items()}

    def topic_ids(self, topics: Sequence[str]) -> dict[str, str]:
        """See `Log.topic_ids`."""
        return {topic: self._known(topic).id for topic in topics}

    def forget(self, topic: str, partition: int, before: int) -> None:
        """See `Log.forget`; what is freed is overwritten, in the write-ahead file too."""
        slot = self._known(topic).slot(topic, partition)
        with self._away():
            self._connection().execute("pragma secure_delete=on")
        with self._transaction("immediate") as connection:
            began, end = _bounds(connection, slot)
            began = max(began, min(before, end))
            connection.execute(
                "delete from record where number >= ? and number < ?", (slot * SLOT, slot * SLOT + began)
            )
            connection.execute("update slot set began = ? where number = ?", (began, slot))
        with self._away():
            self._connection().execute("pragma wal_checkpoint(truncate)")

    def close(self) -> None:
        """See `Log.close`."""
        while self._open:
            self._open.pop().close()

    def _known(self, topic: str) -> Known:
        if topic not in self._topics:
            with self._away():
                row = (
                    self._connection()
                    .execute("select number, id, partitions from topic where name = ?", (topic,))
                    .fetchone()
                )
            if row is None:
                raise missing(topic)
            self._topics[topic] = Known(*row)
        return self._topics[topic]

    def _forget_old(self, connection: sqlite3.Connection) -> None:
        now = int(self._seconds() * 1000)
        for slot, began, end in connection.execute("select number, began, next from slot").fetchall():
            kept = connection.execute(
                "select retention_ms from topic where number = ?", (slot // PARTITIONS_PER_TOPIC,)
            ).fetchone()[0]
            young = connection.execute(
                "select number from record where number >= ? and number < ? and at >= ? order by number limit 1",
                (slot * SLOT + began, slot * SLOT + end, now - kept),
            ).fetchone()
            keep = young[0] % SLOT if young else end
            connection.execute("delete from record where number >= ? and number < ?", (slot * SLOT, slot * SLOT + keep))
            connection.execute("update slot set began = ? where number = ?", (keep, slot))

    def _connection(self) -> sqlite3.Connection:
        """This thread's own connection."""
        found: sqlite3.Connection | None = getattr(self._threads, "connection", None)
        if found is None:
            found = sqlite3.connect(self._path, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False)
            for pragma in ("journal_mode=wal", f"synchronous={'full' if self._durable else 'normal'}"):
                found.execute(f"pragma {pragma}")
            self._threads.connection = found
            self._open.append(found)
        return found

    @contextmanager
    def _away(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise LogAway(f"{self._path}: {error}") from error

    @contextmanager
    def _transaction(self, kind: Literal["immediate", "deferred"]) -> Iterator[sqlite3.Connection]:
        """One transaction; `immediate` takes the write lock at once, so that offsets are given out in one order."""
        with self._away():
            connection = self._connection()
            connection.execute(f"begin {kind}")
            try:
                yield connection
            except BaseException:
                connection.execute("rollback")
                raise
            connection.execute("commit")


def _bounds(connection: sqlite3.Connection, slot: int) -> tuple[int, int]:
    """The first offset a partition still holds, and the one its next record gets."""
    found = connection.execute("select began, next from slot where number = ?", (slot,)).fetchone()
    began, next_ = found or (0, 0)
    return began, next_
