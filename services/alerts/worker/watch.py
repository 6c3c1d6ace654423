"""The worker's own watchdog, because faust's cannot fire (docs/kafka.md 6.1), and what it says of itself."""

from collections.abc import Callable, Mapping
from time import monotonic

from shouwang.kit.bus import PositionLost
from shouwang.kit.health import Answer, Check, Oldest
from shouwang.kit.metrics import Metrics

LOOP_SECONDS = 30.0
"""The loop comes round every second; red when it has not for so long."""

STILL_SECONDS = 10.0
"""Not ready when records wait and nothing has been committed for so long: with the 5 s between two looks, 15 s."""

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
        self._lag: dict[Where, int] = {}
        self._oldest: dict[Where, Oldest] = {}
        self.owned = 0
        """Partition numbers that are ours."""
        self.database = Answer("数据库", seconds=seconds)
        self.log = Answer("消息日志", seconds=seconds)

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
        self._lag = {where: end - committed.get(where, 0) for where, end in ends.items()}
        behind = {where: end for where, end in ends.items() if committed.get(where, 0) < end}
        for where, end in ends.items():
            oldest = self._oldest.setdefault(where, Oldest(seconds=self._seconds))
            oldest.note(end, committed.get(where, 0))
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

    def live(self) -> dict[str, Check]:
        """What /livez asks."""
        return {"loop": self.loop}

    def ready(self) -> dict[str, Check]:
        """What /readyz asks."""
        return {
            "loop": self.loop,
            "partitions": self.partitions,
            "database": self.database.check,
            "log": self.log.check,
            "lag": self.lag,
        }

    def loop(self) -> str:
        """What is wrong with the loop; empty when it runs."""
        still = self._seconds() - self._beat
        return f"处理循环已有 {still:.0f} 秒没有转动" if still > LOOP_SECONDS else ""

    def partitions(self) -> str:
        """What is wrong while nothing is ours: alone that is wrong, beside others it may be right."""
        return "" if self.owned else "没有分到任何分区：组里有别的处理进程，或者正在分配"

    def lag(self) -> str:
        """What is wrong while records wait and nothing is committed."""
        still = self._seconds() - self._still_since if self._still_since is not None else 0.0
        waiting = sum(self._lag.values())
        return f"{waiting} 条消息等待处理，已有 {still:.0f} 秒没有进展" if still > STILL_SECONDS else ""

    def measure(self, metrics: Metrics) -> None:
        """Set the gauges, when they are asked for."""
        metrics.set("shouwang_loop_age_seconds", self._seconds() - self._beat, loop="apply")
        metrics.set("shouwang_partitions_owned", self.owned)
        for (partition, topic), records in self._lag.items():
            metrics.set("shouwang_lag_records", records, topic=topic, partition=str(partition))
        metrics.set("shouwang_backlog", sum(self._lag.values()), stage="apply")
        oldest = max((one.age() for one in self._oldest.values()), default=0.0)
        metrics.set("shouwang_oldest_seconds", oldest, stage="apply")
