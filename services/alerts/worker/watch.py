"""The worker's own watchdog, because faust's cannot fire (docs/kafka.md 6.1)."""

from collections.abc import Callable, Mapping
from time import monotonic

from shouwang.kit.bus import PositionLost

LOOP_SECONDS = 30.0
"""The loop comes round every second; red when it has not for so long."""

STUCK_SECONDS = 120.0
"""Something unread and nothing committed for so long: the process ends and is started anew. Red after 5 minutes (R10)
is then the exception."""

Where = tuple[int, str]
"""(partition, topic)."""


class Stuck(RuntimeError):
    """Records wait and the ledger stands still: the consumer has died without saying so."""


class Watch:
    """What the loop, the database and the lag were last seen to do; `seconds` is a clock that only goes forward."""

    def __init__(self, seconds: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._beat = seconds()
        self._still_since: float | None = None
        self._committed: Mapping[Where, int] = {}
        self.database = ""
        """What is wrong with the database, in one sentence."""
        self.log = ""
        """What is wrong with the log, in one sentence."""

    def beat(self) -> None:
        """The loop has come round."""
        self._beat = self._seconds()

    def compare(self, ends: Mapping[Where, int], committed: Mapping[Where, int]) -> None:
        """Compare the log's ends with the ledger's positions.

        Raises Stuck when they stand apart for too long, PositionLost when the log ends before what has been read.
        """
        now = self._seconds()
        for (partition, topic), end in ends.items():
            if committed.get((partition, topic), 0) > end:
                raise PositionLost(topic, partition, committed[partition, topic], end)
        behind = {where: end for where, end in ends.items() if committed.get(where, 0) < end}
        if not behind:
            self._still_since = None
        elif self._still_since is None or committed != self._committed:
            self._still_since, self._committed = now, dict(committed)
        elif now - self._still_since > STUCK_SECONDS:
            (partition, topic), end = next(iter(behind.items()))
            at = committed.get((partition, topic), 0)
            raise Stuck(
                f"{topic} partition {partition} ends at {end}, but for {now - self._still_since:.0f} s nothing has "
                f"been read beyond {at}: the worker starts anew"
            )

    def loop(self) -> str:
        """What is wrong with the loop, for /livez; empty when it runs."""
        still = self._seconds() - self._beat
        return f"the loop has not come round for {still:.0f} s" if still > LOOP_SECONDS else ""
