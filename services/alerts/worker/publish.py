"""Stage 3 of what alerts itself says: from the outbox to the alerts topic, in the order of each county."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from contracts.topics import ALERTS_TOPIC, partition_of
from shouwang.kit.bus import Log, Outgoing
from shouwang.kit.counties import County

AT_ONCE = 2000
"""Words read from the outbox and acknowledged together."""


class Outbox(Protocol):
    """What publishing needs of the store."""

    def unpublished(self, county: str, limit: int) -> Sequence[tuple[int, bytes]]:
        """(place, value) of what is not yet acknowledged, in order."""

    def mark_published(self, county: str, place: int) -> None:
        """Everything up to this place has been acknowledged; a lower place than the marked one changes nothing."""


def publish(outbox: Outbox, log: Log, counties: Iterable[County]) -> int:
    """Send what these counties' outboxes hold, at most `AT_ONCE` words each; returns how many. Raises `LogAway`.

    A crash between sending and marking sends again: readers drop repeats by the word's number.
    """
    sent = 0
    for county in counties:
        waiting = outbox.unpublished(county.code, AT_ONCE)
        if waiting:
            key, partition = county.code.encode(), partition_of(county.number)
            log.send([Outgoing(ALERTS_TOPIC, partition, key, value) for _, value in waiting])
            outbox.mark_published(county.code, waiting[-1][0])
            sent += len(waiting)
    return sent
