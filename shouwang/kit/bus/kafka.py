"""KafkaLog: the log on Apache Kafka through kafka-python, the only place that imports it; the twin of `local.py`."""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import Any, TypeVar

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, OffsetSpec
from kafka.errors import (
    KafkaConfigurationError,
    KafkaError,
    MessageSizeTooLargeError,
    TopicAlreadyExistsError,
    UnknownTopicOrPartitionError,
)
from kafka.net.compat import KafkaNetClient

from contracts.topics import Topic
from shouwang.kit.bus import (
    DAY_MS,
    REMEDY,
    Batch,
    LogAway,
    Outgoing,
    PositionLost,
    Record,
    TopicMismatch,
    missing,
    require_declared,
)

T = TypeVar("T")

WAIT_SECONDS = 20.0
"""How long a call waits for the broker before it is `LogAway`: longer than a broker's restart (docs/kafka.md: 3 s)."""

AT_ONCE = 5000
"""Records handed to the producer before their acknowledgement is awaited: bounds memory, about 2 MB of words."""

LINGER_MS, BATCH_BYTES = 20, 1 << 20
"""What made kafka-python fast when measured (docs/kafka.md 6.2)."""


FETCH_WAIT_MS = 100
"""How long the broker holds a fetch that finds nothing: a tool's reading asks again, so short."""

OUR_FAULT = (KafkaConfigurationError, MessageSizeTooLargeError)
"""Waiting would not help against these."""


class Client:
    """One of kafka-python's clients: made when first used, for one thread at a time, thrown away after any error."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make, self._lock = make, threading.Lock()
        self._current: Any = None

    def ask(self, question: Callable[[Any], T], *, again: bool = True) -> T:
        """The client's answer; what the broker does not do now is `LogAway`.

        A client that lived through a broker's restart may fail once: then a question that changes nothing is asked
        `again`, of a new client.
        """
        with self._lock:
            while True:
                again = again and self._current is not None
                try:
                    self._current = self._current or self._make()
                    return question(self._current)
                except KafkaError as error:
                    self._drop()
                    if isinstance(error, OUR_FAULT):
                        raise
                    if not again:
                        raise self._refusal(error) from error
                except BaseException:
                    self._drop()
                    raise

    @staticmethod
    def _refusal(error: KafkaError) -> Exception:
        if isinstance(error, UnknownTopicOrPartitionError):
            return TopicMismatch(f"a topic or partition is missing: {REMEDY}")
        return LogAway(f"Kafka does not do its part now: {error!r}")

    def close(self) -> None:
        """Let go of the client."""
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        client, self._current = self._current, None
        if isinstance(client, KafkaProducer):
            # close() alone leaves the sender running, and what we gave up must not be sent later.
            client._sender.force_close()  # noqa: SLF001
        if client is not None:
            with suppress(KafkaError):
                client.close()


class KafkaLog:
    """A log on the brokers `bootstrap` (`host:port`, several with commas); connects when used, again when lost."""

    def __init__(self, bootstrap: str, *, wait_seconds: float = WAIT_SECONDS, replication: int = 1) -> None:
        self._wait_ms, self._replication = int(wait_seconds * 1000), replication
        self._reach = {
            "bootstrap_servers": bootstrap.split(","),
            "bootstrap_timeout_ms": self._wait_ms,
            "reconnect_backoff_max_ms": 1000,
        }
        self._admin, self._consumer = Client(self._make_admin), Client(self._make_consumer)
        self._producer = Client(self._make_producer)
        self._order = threading.Lock()

    def ensure(self, topics: Sequence[Topic]) -> None:
        """See `Log.ensure`; several processes may do it at once."""
        names = [topic.name for topic in topics]

        def create(admin: Any) -> None:
            there = set(admin.list_topics())
            for topic in topics:
                if topic.name not in there:
                    with suppress(TopicAlreadyExistsError):
                        admin.create_topics(self._declaration(topic))
            admin.wait_for_topics(names, timeout_ms=self._wait_ms)

        self._admin.ask(create)
        self.check(topics)

    def check(self, topics: Sequence[Topic]) -> None:
        """See `Log.check`."""
        found = self._described([topic.name for topic in topics])
        resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in found]
        kept = self._admin.ask(lambda admin: admin.describe_configs(resources, config_filter="all"))
        retention = {name: int(values["retention.ms"]["value"]) for name, values in kept.get("topic", {}).items()}
        require_declared(topics, {name: len(t["partitions"]) for name, t in found.items()}, retention)

    def send(self, records: Sequence[Outgoing]) -> None:
        """See `Log.send`.

        A batch never expires by itself while we wait, so the broker's sequence check keeps each partition without
        holes; when we stop waiting, the producer is closed by force and what it still held is never sent.
        """
        with self._order:
            for begin in range(0, len(records), AT_ONCE):
                self._producer.ask(partial(_send_some, records[begin : begin + AT_ONCE], self._wait_ms), again=False)

    def read(self, topic: str, partition: int, offset: int, limit: int = 4000) -> Batch:
        """See `Log.read`."""
        topic_id = self.topic_ids([topic])[topic]
        tp = TopicPartition(topic, partition)
        began, end = (self._offsets([tp], edge)[topic] for edge in (OffsetSpec.EARLIEST, OffsetSpec.LATEST))
        if offset > end:
            raise PositionLost(topic, partition, offset, end)
        first = max(offset, began)
        records, next_ = self._consumer.ask(lambda consumer: self._fetch(consumer, tp, first, end, limit))
        return Batch(topic, partition, first, next_, records, topic_id)

    def ends(self, topics: Sequence[str], partition: int) -> dict[str, int]:
        """See `Log.ends`."""
        return self._offsets([TopicPartition(topic, partition) for topic in topics], OffsetSpec.LATEST)

    def topic_ids(self, topics: Sequence[str]) -> dict[str, str]:
        """See `Log.topic_ids`; the broker's own ids (KIP-516), asked for anew each time."""
        found = self._described(topics)
        for topic in topics:
            if topic not in found:
                raise missing(topic)
        return {name: str(found[name]["topic_id"]) for name in topics}

    def forget(self, topic: str, partition: int, before: int) -> None:
        """See `Log.forget`; the broker drops its segments once nothing in them is left to read."""
        tp = TopicPartition(topic, partition)
        until = min(before, self._offsets([tp], OffsetSpec.LATEST)[topic])
        self._admin.ask(lambda admin: admin.delete_records({tp: until}, timeout_ms=self._wait_ms))

    def close(self) -> None:
        """See `Log.close`."""
        for client in (self._admin, self._consumer, self._producer):
            client.close()

    def _described(self, topics: Sequence[str]) -> dict[str, Any]:
        described = self._admin.ask(lambda admin: admin.describe_topics(list(topics)))
        return {topic["name"]: topic for topic in described if not topic["error_code"]}

    def _offsets(self, partitions: Sequence[Any], edge: Any) -> dict[str, int]:
        found = self._admin.ask(lambda admin: admin.list_partition_offsets(dict.fromkeys(partitions, edge)))
        return {tp.topic: at.offset for tp, at in found.items()}

    def _fetch(self, consumer: Any, tp: Any, first: int, end: int, limit: int) -> tuple[list[Record], int]:
        consumer.assign([tp])
        consumer.seek(tp, first)
        records: list[Record] = []
        deadline = monotonic() + self._wait_ms / 1000
        while (position := consumer.position(tp)) < end and len(records) < limit:
            if monotonic() > deadline:
                raise LogAway(f"{tp.topic} partition {tp.partition} gives nothing from {position} on; it ends at {end}")
            for found in consumer.poll(timeout_ms=100, max_records=limit - len(records)).values():
                records += [Record(tp.topic, tp.partition, r.offset, r.key or b"", r.value or b"") for r in found]
        return records, position

    def _declaration(self, topic: Topic) -> dict[str, Any]:
        settings = {"retention.ms": str(topic.retention_days * DAY_MS), "cleanup.policy": "delete"}
        return {
            topic.name: {
                "num_partitions": topic.partitions,
                "replication_factor": self._replication,
                "configs": settings,
            }
        }

    def _make_admin(self) -> Any:
        return _build(KafkaAdminClient, **self._reach, request_timeout_ms=self._wait_ms)

    def _make_consumer(self) -> Any:
        return _build(
            KafkaConsumer,
            **self._reach,
            enable_auto_commit=False,
            auto_offset_reset="none",
            allow_auto_create_topics=False,
            request_timeout_ms=max(self._wait_ms, FETCH_WAIT_MS + 1),
            fetch_max_wait_ms=FETCH_WAIT_MS,
            max_partition_fetch_bytes=4 << 20,
        )

    def _make_producer(self) -> Any:
        return _build(
            KafkaProducer,
            **self._reach,
            enable_idempotence=True,
            acks="all",
            compression_type="lz4",
            linger_ms=LINGER_MS,
            batch_size=BATCH_BYTES,
            max_block_ms=self._wait_ms,
            delivery_timeout_ms=self._wait_ms * 30,
            allow_auto_create_topics=False,
        )


def _send_some(records: Sequence[Outgoing], wait_ms: int, producer: Any) -> None:
    """Hand over, wait for every acknowledgement; raises kafka-python's own error for the first that does not come."""
    sent = [producer.send(r.topic, r.value, r.key, list(r.headers), r.partition) for r in records]
    producer.flush(timeout=wait_ms / 1000)
    for future in sent:
        future.get(0)


def _build(kind: Any, **settings: Any) -> Any:
    """One of kafka-python's clients; when it cannot connect, what it had begun is ended too.

    Its constructor would leave a thread and its sockets behind with each failure, for as long as the broker is away.
    """
    begun: list[Any] = []

    def connect(**config: Any) -> Any:
        begun.append(KafkaNetClient(**config))
        return begun[-1]

    try:
        return kind(kafka_client=connect, **settings)
    except KafkaError:
        for half in begun:
            half.close()
            half._manager._net.stop()  # noqa: SLF001
        raise
