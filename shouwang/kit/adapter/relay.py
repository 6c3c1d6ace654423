"""Publishing: the outbox goes to the log in the order of its numbers, and is marked once the log has acknowledged."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import Engine, delete, func, insert, select, update

from contracts.topics import facts_topic, partition_of
from shouwang.kit.adapter.tables import NumberRow, OutboxRow, SentRow, microseconds, table_of
from shouwang.kit.bus import Log, Outgoing
from shouwang.kit.clock import Clock
from shouwang.kit.counties import County
from shouwang.kit.database import reading
from shouwang.kit.metrics import Metrics
from shouwang.kit.observe import unit

AT_ONCE = 2_000
"""Words sent between two marks."""

KEPT_DAYS = 30
"""What was sent stays as long as the topic keeps it, and can be sent again (docs/design.md, "Numbers")."""

HEADERS = (("content-type", b"application/cloudevents+json"),)

_NUMBER, _OUTBOX, _SENT = (table_of(model) for model in (NumberRow, OutboxRow, SentRow))


class Relay:
    """Sends one department's numbered words."""

    def __init__(
        self, engine: Engine, department: str, counties: Mapping[str, County], log: Log, clock: Clock,
        metrics: Metrics | None = None,
    ) -> None:  # fmt: skip
        self._engine, self._department, self._counties, self._log, self._clock = (
            engine,
            department,
            counties,
            log,
            clock,
        )
        self._topic, self._metrics = facts_topic(department), metrics

    def once(self) -> int:
        """Send some of what waits; returns how many words. Raises LogAway, and then nothing is marked."""
        with reading(self._engine).connect() as connection:
            waiting = connection.execute(
                select(_NUMBER.c.county, _NUMBER.c.sent).where(_NUMBER.c.sent < _NUMBER.c.last)
            ).all()
        return sum(self._send(row.county, row.sent) for row in waiting)

    def resend(self, county: str, from_seq: int) -> None:
        """Go back to a number: it and all after it are sent again, and whoever has seen them drops them."""
        with self._engine.begin() as connection:
            first = connection.execute(select(func.min(_OUTBOX.c.seq)).where(_OUTBOX.c.county == county)).scalar_one()
            if first is None or from_seq < first:
                raise ValueError(f"{county}: words before {first} are no longer in the outbox")
            connection.execute(
                update(_NUMBER).where(_NUMBER.c.county == county, _NUMBER.c.sent >= from_seq).values(sent=from_seq - 1)
            )

    def forget(self) -> int:
        """Drop words that were acknowledged 30 days ago; returns how many."""
        limit = microseconds(self._clock.now() - timedelta(days=KEPT_DAYS))
        gone = 0
        with self._engine.begin() as connection:
            old = connection.execute(
                select(_SENT.c.county, func.max(_SENT.c.seq).label("seq"))
                .where(_SENT.c.at_us < limit)
                .group_by(_SENT.c.county)
            ).all()
            for county, seq in old:
                sent = connection.execute(select(_NUMBER.c.sent).where(_NUMBER.c.county == county)).scalar_one()
                upto = min(seq, sent)
                gone += connection.execute(
                    delete(_OUTBOX).where(_OUTBOX.c.county == county, _OUTBOX.c.seq <= upto)
                ).rowcount
                connection.execute(delete(_SENT).where(_SENT.c.county == county, _SENT.c.seq <= upto))
        return gone

    def _send(self, county: str, sent: int) -> int:
        with reading(self._engine).connect() as connection:
            rows = connection.execute(
                select(_OUTBOX.c.seq, _OUTBOX.c.value)
                .where(_OUTBOX.c.county == county, _OUTBOX.c.seq > sent)
                .order_by(_OUTBOX.c.seq)
                .limit(AT_ONCE)
            ).all()
        partition, key = partition_of(self._counties[county].number), county.encode()
        where = {"department": self._department, "county": county, "partition": partition}
        with unit("publish", metrics=self._metrics, **where) as said:
            self._log.send([Outgoing(self._topic, partition, key, row.value, HEADERS) for row in rows])
            self._mark(county, sent, rows[-1].seq)
            said["words"], said["seq"] = len(rows), rows[-1].seq
        if self._metrics is not None:
            self._metrics.add("shouwang_published_total", len(rows), department=self._department)
        return len(rows)

    def _mark(self, county: str, before: int, seq: int) -> None:
        with self._engine.begin() as connection:
            moved = connection.execute(
                update(_NUMBER).where(_NUMBER.c.county == county, _NUMBER.c.sent == before).values(sent=seq)
            )
            if moved.rowcount:  # else a resend went back meanwhile, and starts over
                connection.execute(delete(_SENT).where(_SENT.c.county == county, _SENT.c.seq >= seq))
                connection.execute(insert(_SENT).values(county=county, seq=seq, at_us=microseconds(self._clock.now())))
