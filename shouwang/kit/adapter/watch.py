"""What an adapter says of itself: probes of what it needs, and how much waits for how long."""

import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from shutil import disk_usage
from typing import Any, Final

from sqlalchemy import Engine, func, select, text

from contracts.topics import facts_topic, partition_of
from shouwang.kit.adapter.loops import Loop
from shouwang.kit.adapter.tables import NumberRow, SendingRow, microseconds, table_of
from shouwang.kit.bus import Log
from shouwang.kit.clock import Clock
from shouwang.kit.counties import County
from shouwang.kit.database import reading
from shouwang.kit.health import Check, Oldest, Probe
from shouwang.kit.metrics import Metrics
from shouwang.kit.vault import KeepsPeople

LEAST_FREE: Final = 512 << 20
"""A file may be 200 MiB (docs/feeds.md) and is stored beside its copy: with less than this the next may not fit."""

_SENDING, _NUMBER = table_of(SendingRow), table_of(NumberRow)


class Watch:
    """Probes and gauges of one department's adapter."""

    def __init__(
        self, department: str, engine: Engine, counties: Mapping[str, County], log: Log, vault: KeepsPeople,
        clock: Clock, metrics: Metrics, loops: Iterable[Loop],
    ) -> None:  # fmt: skip
        self._engine, self._clock, self._metrics = engine, clock, metrics
        self._loops = {loop.name: loop for loop in loops}
        self._unsent: dict[str, Oldest] = {}
        topic, county = facts_topic(department), next(iter(counties.values()))
        self._probes = {
            "database": Probe("数据库", self._database),
            "room": Probe("收件箱", self._room),
            "vault": Probe("身份库", vault.ready),
            "relay": Probe("消息日志", _asking(lambda: log.ends([topic], partition_of(county.number)))),
        }

    def start(self) -> None:
        """Begin to probe."""
        for probe in self._probes.values():
            probe.start()

    def stop(self) -> None:
        """Probe no more."""
        for probe in self._probes.values():
            probe.stop()

    def ready(self) -> dict[str, Check]:
        """What /readyz asks."""
        waits = {name: self._loops[name].waits_for for name in ("translate", "publish")}
        return {**{name: probe.check for name, probe in self._probes.items()}, **waits}

    def live(self) -> dict[str, Check]:
        """What /livez asks: the loops beat."""
        return {name: loop.check for name, loop in self._loops.items()}

    def measure(self) -> None:
        """Set the gauges, when they are asked for."""
        for name, loop in self._loops.items():
            self._metrics.set("shouwang_loop_age_seconds", loop.age(), loop=name)
        with reading(self._engine).connect() as connection:
            waiting = select(func.count(), func.min(_SENDING.c.received_us)).where(_SENDING.c.state == "working")
            count, first_us = connection.execute(waiting).one()
            numbers = connection.execute(select(_NUMBER.c.county, _NUMBER.c.last, _NUMBER.c.sent)).all()
        age = (microseconds(self._clock.now()) - first_us) / 1e6 if first_us is not None else 0.0
        self._backlog("translate", count, age)
        for row in numbers:
            self._unsent.setdefault(row.county, Oldest()).note(row.last, row.sent)
        oldest = max((one.age() for one in self._unsent.values()), default=0.0)
        self._backlog("publish", sum(row.last - row.sent for row in numbers), oldest)

    def _backlog(self, stage: str, count: int, seconds: float) -> None:
        self._metrics.set("shouwang_backlog", count, stage=stage)
        self._metrics.set("shouwang_oldest_seconds", seconds, stage=stage)

    def _database(self) -> str:
        with reading(self._engine).connect() as connection:
            connection.execute(text("SELECT 1"))
        return ""

    def _room(self) -> str:
        """Room where uploads are put down, and where the inbox is when it is a file of ours."""
        places = [Path(tempfile.gettempdir())]
        if self._engine.dialect.name == "sqlite" and self._engine.url.database:
            places.append(Path(self._engine.url.database).absolute().parent)
        for place in places:
            if (free := disk_usage(place).free) < LEAST_FREE:
                return f"{place} 所在磁盘只剩 {free >> 20} MiB，可能收不下新的报送"
        return ""


def _asking(call: Callable[[], Any]) -> Check:
    """A check of something that answers or raises."""

    def ask() -> str:
        call()
        return ""

    return ask
