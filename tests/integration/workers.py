"""Real worker processes on a real broker, as compose runs them: started, and started anew when they end."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from kafka import KafkaAdminClient

from contracts.topics import FACT_TOPICS, TOPICS, partition_of
from services.alerts.store import MIGRATIONS, Store
from shouwang.kit.bus import Outgoing
from shouwang.kit.bus.kafka import KafkaLog
from shouwang.kit.clock import SystemClock, TrialClock
from shouwang.kit.database import open_database, upgrade
from shouwang.kit.keys import KeyRing
from tests.broker.broker import free_port
from tests.histories import Topics
from tests.stores import COUNTY, FIRST_DAY

SESSION_SECONDS = 3.0
"""How long the group waits for a silent member: short, because tests wait for it."""

PARTITION = partition_of(COUNTY.number)
ROOT = Path(__file__).parents[2]
PATIENCE = 60.0


@dataclass
class Worker:
    """One slot's process; `tend` starts it anew when it has ended, as compose would."""

    slot: str
    environment: dict[str, str]
    folder: Path
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0

    @property
    def log(self) -> Path:
        """What the process has said."""
        return self.folder / f"worker-{self.slot}.log"

    def start(self) -> "Worker":
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.alerts.worker"],
                env=self.environment, cwd=ROOT, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        self.starts += 1
        return self

    def tend(self) -> None:
        if self.process is not None and self.process.poll() is not None:
            assert self.starts < 20, f"it ends again and again: {self.log.read_text()[-2000:]}"
            self.start()

    def give(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self.process is not None
        self.process.send_signal(number)

    def end(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End it and do not start it again."""
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(number)
            self.process.wait(20)
            self.process = None

    def says(self, text: str) -> int:
        """How often its log lines hold a text."""
        return self.log.read_text().count(text)

    def says_again(self, text: str, times: int) -> bool:
        """Whether its log lines hold a text more often than so many times."""
        return self.says(text) > times

    def alive(self) -> tuple[int, str]:
        """Status and body of /livez."""
        port = self.environment["SHOUWANG_PORT"]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=5) as answer:
            return answer.status, answer.read().decode()


@dataclass
class Site:
    """One installation for a test: topics nobody has written to, an empty database, keys, a county, a trial day."""

    bootstrap: str
    folder: Path
    database: str
    workers: list[Worker] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.log = KafkaLog(self.bootstrap, wait_seconds=20)
        self.clock = TrialClock(self.folder / "day.json")
        self.clock.turn(COUNTY.code, FIRST_DAY)
        ring = KeyRing.open(self.folder / "keys", create=True, clock=SystemClock())
        ring.sealer("letters")
        (self.folder / "counties.toml").write_text(
            f'[[county]]\ncode = "{COUNTY.code}"\nnumber = {COUNTY.number}\nname = "{COUNTY.name}"\n', encoding="utf-8"
        )
        self.engine = open_database(self.database)
        self.store = Store(self.engine)

    def prepare(self) -> None:
        """Bring topics and schema to where a worker wants them."""
        upgrade(self.engine, MIGRATIONS)
        self.forget_topics()
        self.log.ensure(TOPICS)

    def forget_topics(self) -> None:
        """Delete every declared topic, and wait until they are gone."""
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        names = {topic.name for topic in TOPICS}
        if there := names & set(admin.list_topics()):
            admin.delete_topics(sorted(there))
        self.wait(lambda: not names & set(admin.list_topics()))
        admin.close()

    def worker(self, slot: str = "1") -> Worker:
        """A worker of that slot, not started."""
        environment = {
            **os.environ,
            "SHOUWANG_KAFKA": self.bootstrap,
            "SHOUWANG_DATABASE": self.database,
            "SHOUWANG_KEYS": str(self.folder / "keys"),
            "SHOUWANG_COUNTIES": str(self.folder / "counties.toml"),
            "SHOUWANG_DAY_FILE": str(self.folder / "day.json"),
            "SHOUWANG_SLOT": slot,
            "SHOUWANG_PORT": str(free_port()),
            "SHOUWANG_SESSION_SECONDS": str(SESSION_SECONDS),
        }
        if self.database.startswith("postgresql"):
            # A stopped worker's transaction is let go as in production, only sooner.
            idle = "&" if "?" in self.database else "?"
            environment["SHOUWANG_DATABASE"] += f"{idle}options=-c%20idle_in_transaction_session_timeout%3D2000"
        self.workers.append(Worker(slot, environment, self.folder))
        return self.workers[-1]

    def send(self, topics: Topics, *names: str) -> None:
        """Append what a history has beyond what the log holds, of these topics or of all, as relays do."""
        ends = self.log.ends(list(FACT_TOPICS.values()), PARTITION)
        key = COUNTY.code.encode()
        self.log.send([
            Outgoing(topic, PARTITION, key, value)
            for topic in names or topics.values
            for value in topics.values[topic][ends[topic] :]
        ])  # fmt: skip

    def send_raw(self, topic: str, *values: bytes) -> None:
        """Append records as they are."""
        self.log.send([Outgoing(topic, PARTITION, COUNTY.code.encode(), value) for value in values])

    def caught_up(self) -> bool:
        """True when everything in the log is committed and no day is due."""
        ledger = self.store.ledger(PARTITION)
        ends = self.log.ends(list(FACT_TOPICS.values()), PARTITION)
        day = ledger.county(COUNTY.code).day
        turned = day is None or day >= self.clock.today(COUNTY.code)
        return turned and all(ledger.next_of(topic) == end for topic, end in ends.items())

    def wait(self, true: Callable[[], bool], seconds: float = PATIENCE) -> float:
        """Wait until something is true, tending the workers; returns how long it took."""
        begin = time.monotonic()
        while not true():
            took = time.monotonic() - begin
            said = "\n".join(f"{w.slot}: {w.log.read_text()[-1500:]}" for w in self.workers if w.log.exists())
            assert took < seconds, f"not true after {took:.0f} s\n{said}"
            for worker in self.workers:
                worker.tend()
            time.sleep(0.05)
        return time.monotonic() - begin

    def pass_time(self, seconds: float) -> None:
        """Let the workers work."""
        until = time.monotonic() + seconds
        self.wait(lambda: time.monotonic() >= until)

    def close(self) -> None:
        for worker in self.workers:
            worker.end()
        self.log.close()
        self.engine.dispose()


__all__ = ["PARTITION", "SESSION_SECONDS", "Site", "Worker"]
