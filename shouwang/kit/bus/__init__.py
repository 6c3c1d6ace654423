"""The log, append-only topics of numbered partitions: one port, two twins: `kafka.py`, and `local.py` on SQLite."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from contracts.topics import Topic

__all__ = [
    "Batch",
    "Log",
    "LogAway",
    "Outgoing",
    "PositionLost",
    "Record",
    "TopicMismatch",
    "missing",
    "require_declared",
]


class Record(NamedTuple):
    """One record as the log holds it; an absent key or value is empty bytes."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes


class Outgoing(NamedTuple):
    """One record on its way into the log; headers are for other people's tools and are not read back."""

    topic: str
    partition: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


class Batch(NamedTuple):
    """Records of one partition of one topic, in order.

    `first` is where reading stood before them and `next` where it stands after: both may lie beside the records' own
    offsets, because compaction and control records leave holes (docs/design.md, "The batch").
    """

    topic: str
    partition: int
    first: int
    next: int
    records: Sequence[Record]
    topic_id: str


class LogAway(Exception):
    """The log cannot be reached or does not acknowledge now: wait and try again."""


class TopicMismatch(Exception):
    """A topic is missing or is not as declared; the message is one sentence with the remedy."""


class PositionLost(Exception):
    """Reading stands behind the end of the partition: the topic was made anew or lost records."""

    def __init__(self, topic: str, partition: int, position: int, end: int) -> None:
        super().__init__(
            f"{topic} partition {partition} ends at {end}, but reading stands at {position}: the topic was made anew "
            f"or lost records; send again from the departments' outboxes (docs/how-to/restore.md)"
        )


class Log(Protocol):
    """What the system asks of a log. Every method may raise `LogAway`; none waits without end."""

    def ensure(self, topics: Sequence[Topic]) -> None:
        """Create the missing topics, then `check` them all. Safe to call again, and from several processes."""

    def check(self, topics: Sequence[Topic]) -> None:
        """Raise `TopicMismatch` when a topic is missing, or has other partitions or another retention than declared."""

    def send(self, records: Sequence[Outgoing]) -> None:
        """Append the records; return when every one is acknowledged and will survive a crash.

        Within a partition they are appended in the given order. After `LogAway` a beginning of each partition's records
        may have been appended, never a later one without those before it: send all of them again, and whoever reads
        drops the repeats by their numbers.
        """

    def read(self, topic: str, partition: int, offset: int, limit: int = 4000) -> Batch:
        """At most `limit` records from `offset` on; empty (`next == first`) at the end of the partition.

        When the log no longer holds `offset`, reading stands at the first record that it holds: `first > offset`, which
        is a hole that the caller must notice. Raises `PositionLost` when `offset` lies behind the end.
        """

    def ends(self, topics: Sequence[str], partition: int) -> dict[str, int]:
        """Per topic the offset that the partition's next record will get."""

    def topic_ids(self, topics: Sequence[str]) -> dict[str, str]:
        """Per topic an identity that changes when the topic is deleted and made anew under the same name."""

    def forget(self, topic: str, partition: int, before: int) -> None:
        """Destroy the records of a partition before an offset; offsets go on as they were."""

    def close(self) -> None:
        """Let go of connections and threads."""


DAY_MS = 86_400_000
REMEDY = "run `python -m shouwang.kit.bus.topics`"


def missing(topic: str) -> TopicMismatch:
    """The refusal of a topic that is not there."""
    return TopicMismatch(f"topic {topic} is missing: {REMEDY}")


def require_declared(topics: Sequence[Topic], partitions: dict[str, int], retention_ms: dict[str, int]) -> None:
    """Compare what the log has (by topic name) with what is declared; the first difference is a `TopicMismatch`."""
    for topic in topics:
        found = partitions.get(topic.name)
        if found is None:
            raise missing(topic.name)
        if found != topic.partitions:
            raise TopicMismatch(
                f"topic {topic.name} has {found} partitions, declared are {topic.partitions}: "
                f"delete the topic, then {REMEDY}"
            )
        kept = retention_ms.get(topic.name, -1)
        if kept != topic.retention_days * DAY_MS:
            raise TopicMismatch(
                f"topic {topic.name} keeps records for {kept} ms, declared are {topic.retention_days} days: "
                f"set retention.ms={topic.retention_days * DAY_MS}"
            )
