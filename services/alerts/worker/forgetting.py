"""What the log still says of people who were erased: it forgets all that has been read, and alerts is said again."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

from contracts.topics import ALERTS_TOPIC
from shouwang.kit.bus import Log


class Remembers(Protocol):
    """What forgetting needs of the store."""

    def forgotten(self, counties: Collection[str], at: str) -> None:
        """The log has forgotten what it held: say these counties' outbox again, and who was to be erased is."""


def forget_read(
    log: Log, store: Remembers, partition: int, positions: Mapping[str, int], counties: Collection[str], now: datetime
) -> None:
    """Let the log forget one partition as far as it has been read; raises LogAway, and is asked again then.

    Words are the truth and rest in the store; departments can send theirs again. What alerts said is said again from
    its outbox, where those people are named no more.
    """
    for topic, read_to in positions.items():
        log.forget(topic, partition, read_to)
    log.forget(ALERTS_TOPIC, partition, log.ends([ALERTS_TOPIC], partition)[ALERTS_TOPIC])
    store.forgotten(counties, now.isoformat())
