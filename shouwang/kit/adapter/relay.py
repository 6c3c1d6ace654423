"""Publishing: the outbox goes to the log in the order of its numbers, and is marked once the log has acknowledged."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import Engine, delete, func, insert, select, update

from contracts.topics import TOPICS, facts_topic, partition_of
from shouwang.kit.adapter.tables import NumberRow, OutboxRow, SentRow, TopicRow, microseconds, table_of
from shouwang.kit.bus import Log, LogAway, Outgoing, TopicMismatch
from shouwang.kit.clock import Clock
from shouwang.kit.counties import County
from shouwang.kit.database import reading
from shouwang.kit.metrics import Metrics
from shouwang.kit.observe import get_logger, unit

AT_ONCE = 2_000
"""Words sent between two marks."""

KEPT_DAYS = 30
"""What was sent stays as long as the topic keeps it, and can be sent again (docs/design.md, "Numbers")."""

LOOK = timedelta(seconds=10)
"""Between two looks whether the topic is still the one that was sent to."""

HEADERS = (("content-type", b"application/cloudevents+json"),)

_NUMBER, _OUTBOX, _SENT, _TOPIC = (table_of(model) for model in (NumberRow, OutboxRow, SentRow, TopicRow))


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
        self._topic = next(topic for topic in TOPICS if topic.name == facts_topic(department))
        self._look_at = clock.now()
        self._metrics = metrics

    def once(self) -> int:
        """Send some of what waits; returns how many words. Raises LogAway, and then nothing is marked."""
        if self._clock.now() >= self._look_at:
            self.follow_topic()
        try:
            return self._send_waiting()
        except (LogAway, TopicMismatch) as away:
            self._look_at = self._clock.now()  # whoever comes back may be another one: look before sending on
            raise LogAway(str(away)) from away

    def follow_topic(self) -> None:
        """See that the topic is the one sent to so far; one made anew is sent everything that the outbox still holds.

        A topic that was sent to and is gone (the broker lost its disk) is made again as declared; one that never was
        is for the topics job: raises TopicMismatch. Whoever has heard a word drops its repeat by its number.
        """
        with reading(self._engine).connect() as connection:
            before = connection.execute(
                select(_TOPIC.c.topic_id).where(_TOPIC.c.name == self._topic.name)
            ).scalar_one_or_none()
        if before is None:
            self._log.check([self._topic])
        else:
            self._log.ensure([self._topic])
        found = self._log.topic_ids([self._topic.name])[self._topic.name]
        if found != before:
            self._begin_anew(before, found)
        self._look_at = self._clock.now() + LOOK

    def _begin_anew(self, before: str | None, found: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(delete(_TOPIC).where(_TOPIC.c.name == self._topic.name))
            connection.execute(insert(_TOPIC).values(name=self._topic.name, topic_id=found))
            if before is None:
                return
            first = select(func.min(_OUTBOX.c.seq)).where(_OUTBOX.c.county == _NUMBER.c.county).scalar_subquery()
            connection.execute(update(_NUMBER).where(first.is_not(None)).values(sent=first - 1))
        get_logger(stage="publish", department=self._department).warning("topic_made_anew", before=before, now=found)

    def _send_waiting(self) -> int:
        with reading(self._engine).connect() as connection:
            waiting = connection.execute(
                select(_NUMBER.c.county, _NUMBER.c.sent).where(_NUMBER.c.sent < _NUMBER.c.last)
            ).all()
        return sum(self._send(row.county, row.sent) for row in waiting)

    def resend(self, county: str, from_seq: int | None = None) -> int:
        """Go back to a number (none: the first kept): it and all after it are sent again; who has seen them drops
        them. Returns the number it begins with; raises ValueError when that is no longer in the outbox.
        """
        with self._engine.begin() as connection:
            first = connection.execute(select(func.min(_OUTBOX.c.seq)).where(_OUTBOX.c.county == county)).scalar_one()
            from_seq = first or 0 if from_seq is None else from_seq
            if first is None or from_seq < first:
                raise ValueError(f"{county}: words before {first} are no longer in the outbox")
            connection.execute(
                update(_NUMBER).where(_NUMBER.c.county == county, _NUMBER.c.sent >= from_seq).values(sent=from_seq - 1)
            )
        return from_seq

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
            self._log.send([Outgoing(self._topic.name, partition, key, row.value, HEADERS) for row in rows])
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
