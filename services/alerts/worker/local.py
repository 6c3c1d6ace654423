"""The embedded worker: the same stages as the Faust worker, in a thread of one process, reading the log by itself."""

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from contracts.topics import ALERTS_TOPIC, FACT_TOPICS, partition_of
from services.alerts.worker.days import Days, Turning
from services.alerts.worker.forgetting import Remembers, forget_read
from services.alerts.worker.publish import Outbox, publish
from services.alerts.worker.tally import Processed
from services.alerts.worker.watch import Watch
from shouwang.kit.bus import Batch, Log, LogAway
from shouwang.kit.clock import Clock
from shouwang.kit.counties import County
from shouwang.kit.database import AWAY as DATABASE_AWAY
from shouwang.kit.observe import get_logger

IDLE_SECONDS = 0.02
"""Between two looks at the log while nothing happens: a word is seen within 20 ms, at under 1 % of a core."""

LOOKS_PER_LETTERS = 25
"""Looks at the log between two looks at the letters a person wants tried again: half a second."""

AWAY_SECONDS = (0.1, 5.0)
"""First and longest wait while the log or the database is away; each wait is twice the one before."""

AWAY = (LogAway, *DATABASE_AWAY)
TOPICS = tuple(FACT_TOPICS.values())


class Steps(Turning, Protocol):
    """What a worker needs of the stages (services/alerts/worker/stages.py)."""

    def process(self, batch: Batch) -> Any:
        """Stages 4 to 6 over one batch, fenced; returns once it is committed."""

    def try_letters(self, partition: int) -> Processed:
        """Try again the letters of a partition that a person has asked for."""

    def is_to_erase(self, partition: int) -> bool:
        """Whether somebody of a partition is to be erased."""

    def erase(self, partition: int) -> Any:
        """Erase everybody who is to be, once everything has been read."""

    def positions(self, partition: int) -> Mapping[str, int]:
        """The next offset of every topic of a partition, from the ledger row."""

    def follow_topics(self, partition: int, ids: Mapping[str, str]) -> None:
        """Let go of a topic that has another identity than when it was read."""

    def forget(self) -> None:
        """Drop what is remembered between batches: somebody else may have written."""


class Kept(Outbox, Remembers, Protocol):
    """What a worker needs of the store beside the stages."""


class LocalWorker:
    """Reads every partition that holds a served county; an error that is our bug ends it, visible in `failure`."""

    def __init__(
        self,
        stages: Steps,
        outbox: Kept,
        log: Log,
        counties: Iterable[County],
        clock: Clock,
        on_failure: Callable[[BaseException], None] = lambda _: None,
    ) -> None:
        self._stages, self._outbox, self._log = stages, outbox, log
        self._days, self._clock = Days(stages, clock), clock
        self._owned: dict[int, list[County]] = {}
        for county in counties:
            self._owned.setdefault(partition_of(county.number), []).append(county)
        self._read_to: dict[int, dict[str, int]] = {}
        self._to_publish = set(self._owned)
        self._on_failure = on_failure
        self._checked = False
        self._looks = 0
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.watch = Watch()
        self.watch.owned = len(self._owned)
        self.failure: BaseException | None = None

    def start(self) -> None:
        """Begin to read, in a thread of its own."""
        self._stopping.clear()
        self.failure = None
        self._checked = False
        self._stages.forget()
        self._days.forget()
        self._read_to.clear()
        self._to_publish = set(self._owned)
        self._thread = threading.Thread(target=self._run, name="alerts-worker", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the batch at hand and end; returns when ended."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def caught_up(self) -> bool:
        """True when everything in the log now is committed, every due day has turned and the outbox is empty."""
        return all(
            self._nothing_unread(partition) and not any(self._left_to_do(county, partition) for county in counties)
            for partition, counties in self._owned.items()
        )

    def once(self) -> bool:
        """One look at every partition; true when there was something to do. Raises what the stages raise."""
        if not self._checked:
            ids = self._log.topic_ids((*TOPICS, ALERTS_TOPIC))
            for partition in self._owned:
                self._stages.follow_topics(partition, ids)
            self._checked = True
        self._looks += 1
        worked = [self._look(partition, counties) for partition, counties in self._owned.items()]
        return any(worked)

    def _run(self) -> None:
        pause, longest = AWAY_SECONDS
        while not self._stopping.is_set():
            try:
                wait = 0.0 if self.once() else IDLE_SECONDS
                self._well()
                pause = AWAY_SECONDS[0]
            except AWAY as away:
                self.watch.beat()
                answer = self.watch.log if isinstance(away, LogAway) else self.watch.database
                answer.says("连不上，正在重试")
                get_logger(stage="apply").warning("away", error=type(away).__name__, wait_ms=int(pause * 1000))
                wait, pause = pause, min(pause * 2, longest)
            except BaseException as bug:  # the thread must not die unseen: whoever runs us restarts us
                self.failure = bug
                get_logger(stage="apply").error("failed", error=type(bug).__name__)
                self._on_failure(bug)
                return
            self._stopping.wait(wait)

    def lag(self) -> str:
        """A check: what is wrong while records wait and nothing is committed; asks log and database."""
        stored = {(n, topic): at for n in self._owned for topic, at in self._stages.positions(n).items()}
        ends = {(n, topic): end for n in self._owned for topic, end in self._log.ends(TOPICS, n).items()}
        self.watch.compare(ends, stored)
        return self.watch.lag()

    def _well(self) -> None:
        self.watch.beat()
        self.watch.database.well()
        self.watch.log.well()

    def _look(self, partition: int, counties: list[County]) -> bool:
        worked = self._read(partition)
        for county in counties:
            day = self._days.due(county, partition)
            if day is not None and self._days.turn(county, day, caught_up=self._nothing_unread(partition)):
                worked = True
        if self._looks % LOOKS_PER_LETTERS == 0:
            worked = self._ask_around(partition, counties) or worked
        if worked:
            self._to_publish.add(partition)
        if partition in self._to_publish and publish(self._outbox, self._log, counties) == 0:
            self._to_publish.discard(partition)
        return worked

    def _ask_around(self, partition: int, counties: list[County]) -> bool:
        """Letters that a person wants tried again, and people to be erased."""
        worked = bool(self._stages.try_letters(partition).words)
        if self._stages.is_to_erase(partition) and self._nothing_unread(partition):
            self._stages.erase(partition)
            codes = [county.code for county in counties]
            positions = self._stages.positions(partition)
            forget_read(self._log, self._outbox, partition, positions, codes, self._clock.now())
            return True
        return worked

    def _read(self, partition: int) -> bool:
        """Process one batch of every topic that has something new."""
        ends = self._log.ends(TOPICS, partition)
        if ends == self._read_to.get(partition):
            return False
        positions = self._stages.positions(partition)
        unread = [topic for topic in TOPICS if positions.get(topic, 0) != ends[topic]]
        for topic in unread:
            if not self._stopping.is_set():
                self._stages.process(self._log.read(topic, partition, positions.get(topic, 0)))
        if not unread:
            self._read_to[partition] = ends
        return bool(unread)

    def _nothing_unread(self, partition: int) -> bool:
        positions = self._stages.positions(partition)
        return all(positions.get(topic, 0) == end for topic, end in self._log.ends(TOPICS, partition).items())

    def _left_to_do(self, county: County, partition: int) -> bool:
        unsaid = self._outbox.unpublished(county.code, 1)
        return bool(unsaid) or self._days.due(county, partition) is not None
