"""T8, T9 and T16: partitions, lines that are slow or deaf in one way, a database that takes its time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, text

from tests.chaos.faults import late, one_way, parted, refused
from tests.chaos.judge import Verdict
from tests.chaos.mixed import Flow
from tests.chaos.proxy import Line
from tests.chaos.rows.crashes import NOT_NOW
from tests.chaos.rows.scene import Notes, Scale, play
from tests.chaos.town import Town

UNREADY_SECONDS = 15.0
ANSWER_SECONDS = 5.0
MEMORY = 1.5
"""Times the memory of before that a bad line may cost at most (docs/trust.md T9)."""
ROOM = 32 << 20
"""What a process may gain beside: pools and caches fill under any load."""


def t8(scale: Scale) -> Verdict:
    """Adapters and broker, worker and PostgreSQL, worker and broker parted: not ready soon, well again alone."""

    def disturb(town: Town, flow: Flow, notes: Notes) -> None:
        whose = {"doors_kafka": "health", "worker_postgres": "worker-1", "worker_kafka": "worker-1"}
        for name, service in whose.items():
            line: Line = getattr(town, name)
            with line.parted():
                began, unready = time.monotonic(), None
                while time.monotonic() - began < max(scale.away, 20):
                    if unready is None and not town.ready(service):
                        unready = time.monotonic() - began
                    time.sleep(0.5)
            notes.figures[f"{service} not ready after (s) without {line.name}"] = round(unready or -1, 1)
            if unready is None or unready > UNREADY_SECONDS:
                notes.promises.append(f"{service} parted by {line.name} says it is not ready after {unready} s")
            notes.waits.append(flow.pulse.first_word(time.monotonic()))

    return play(scale, disturb, only=NOT_NOW)


def t9(scale: Scale) -> Verdict:
    """Deaf in one way, half-open, resets, half a second late, 64 kbit/s: no queue grows without end."""

    def slow(line: Line) -> None:
        line.bytes_per_second = 8_000.0

    def very_late(line: Line) -> None:
        line.delay = 0.5

    def disturb(town: Town, flow: Flow, notes: Notes) -> None:
        names = ("worker-1", *town.departments)
        before = {name: town[name].resident() for name in names}
        for spoil in (one_way, parted, refused, very_late, slow):
            for line in (town.doors_kafka, town.worker_postgres):
                spoil(line)
                time.sleep(4)
                line.mend()
        notes.waits.append(flow.pulse.first_word(time.monotonic()))
        for name in names:
            now = town[name].resident()
            notes.figures[f"{name} MiB"] = now >> 20
            if before[name] and now > before[name] * MEMORY + ROOM:
                notes.wrong.append(f"{name} grew from {before[name] >> 20} to {now >> 20} MiB on bad lines")

    return play(scale, disturb, only=NOT_NOW)


def t16(scale: Scale) -> Verdict:
    """Statements 200 ms late, and a lock held for long: answers within 5 s or "not now", and no connection leaks."""

    def disturb(town: Town, flow: Flow, notes: Notes) -> None:
        before, asked = _connections(town), len(flow.account.pushes)
        for line in (town.doors_postgres, town.worker_postgres):
            late(line)
        time.sleep(10)
        for line in (town.doors_postgres, town.worker_postgres):
            line.delay = 0.0
        with _locked(town, "health", "sending"):
            time.sleep(min(scale.away, 30))
        notes.waits.append(flow.pulse.first_word(time.monotonic(), "health"))
        time.sleep(3)
        after = _connections(town)
        slowest = sorted(push.slowest for push in flow.account.pushes[asked:])
        notes.figures |= {"connections before": before, "connections after": after}
        notes.figures["p99 answer (s)"] = round(slowest[int(len(slowest) * 0.99) - 1], 1) if slowest else 0.0
        if notes.figures["p99 answer (s)"] > ANSWER_SECONDS:
            notes.promises.append(f"p99 of answers {notes.figures['p99 answer (s)']} s, promised are {ANSWER_SECONDS}")
        if after > before + 15:
            notes.wrong.append(f"connections leak: {before} before, {after} after")

    return play(scale, disturb, only=NOT_NOW)


def _connections(town: Town) -> int:
    with town.engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM pg_stat_activity")).scalar_one())


@contextmanager
def _locked(town: Town, database: str, table: str) -> Iterator[None]:
    """Somebody else's session holds a table."""
    engine = create_engine(town.postgres.url(database))
    with engine.begin() as connection:
        connection.execute(text(f"LOCK TABLE {table} IN EXCLUSIVE MODE"))
        yield
    engine.dispose()
