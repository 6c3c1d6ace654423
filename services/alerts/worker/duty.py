"""What a Faust worker does with its partitions, without knowing Faust: positions, batches, days, outbox, lag."""

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Final

from contracts.topics import ALERTS_TOPIC, FACT_TOPICS, partition_of
from services.alerts.worker.days import Days
from services.alerts.worker.forgetting import forget_read
from services.alerts.worker.local import Kept, Steps
from services.alerts.worker.publish import publish
from services.alerts.worker.watch import Watch, Where
from shouwang.kit.bus import Batch, Log, LogAway
from shouwang.kit.clock import Clock
from shouwang.kit.counties import County
from shouwang.kit.database import AWAY
from shouwang.kit.observe import get_logger

TOPICS: Final = tuple(FACT_TOPICS.values())
PUBLISH_SECONDS: Final = 0.2
"""How long a word of the outbox waits at most before it is sent."""
COMPARE_EVERY: Final = 25
"""Rounds of publishing between two looks at the lag: 5 s, so that a log that is away shows within 15 s."""


class SplitPartition(RuntimeError):
    """Faust gave us some topics of a partition and not others: then two workers would write one county."""


class MadeAnew(RuntimeError):
    """A topic has another identity than when its partitions were taken."""


class Duty:
    """Owned partitions and what is done for them; every method but `keep_up` runs in the loop's thread."""

    def __init__(
        self, stages: Steps, outbox: Kept, log: Log, counties: Iterable[County], clock: Clock, watch: Watch
    ) -> None:
        self._stages, self._outbox, self._log, self._watch = stages, outbox, log, watch
        self._days, self._clock = Days(stages, clock), clock
        self._counties: dict[int, list[County]] = {}
        for county in counties:
            self._counties.setdefault(partition_of(county.number), []).append(county)
        self._owned: frozenset[int] = frozenset()
        self._ids: dict[str, str] = {}

    def take(self, partitions: Iterable[Where]) -> dict[Where, int]:
        """These partitions are ours from now on; returns where reading stands in those that have been read."""
        given = set(partitions)
        numbers = frozenset(number for number, _ in given)
        if missing := {(number, topic) for number in numbers for topic in TOPICS} - given:
            number, topic = min(missing)
            raise SplitPartition(f"{topic} partition {number} went to another worker than the other topics of {number}")
        self.forget()
        self._owned = numbers
        self._watch.owned = len(numbers)
        self._ids = self._log.topic_ids((*TOPICS, ALERTS_TOPIC))
        for number in numbers:
            self._stages.follow_topics(number, self._ids)
        get_logger(stage="apply").info("assigned", count=len(numbers))
        return {
            (number, topic): position
            for number in numbers
            for topic, position in self._stages.positions(number).items()
        }

    def topic_id(self, topic: str) -> str:
        """A topic's identity, as it was when the partitions were taken."""
        return self._ids[topic]

    def give_up(self) -> None:
        """Our partitions may go to others."""
        self._owned = frozenset()
        self._watch.owned = 0
        self.forget()

    def forget(self) -> None:
        """Somebody else may have written: drop what is remembered between batches."""
        self._stages.forget()
        self._days.forget()

    def process(self, batch: Batch) -> None:
        """Stages 4 to 6 over one batch."""
        self._stages.process(batch)
        self._watch.beat()

    def round(self) -> None:
        """Say that we live, try wanted letters, turn due days: every half second. A log that is away is asked later."""
        self._watch.beat()
        for number in {number for number, _ in self._served()}:
            self._stages.try_letters(number)
            if self._stages.is_to_erase(number) and self._caught_up(number):
                self._stages.erase(number)
                self._forget(number)
        for number, county in self._served():
            day = self._days.due(county, number)
            if day is not None:
                self._days.turn(county, day, caught_up=self._caught_up(number))

    def _forget(self, number: int) -> None:
        codes = [county.code for county in self._counties.get(number, [])]
        with suppress(LogAway):  # who is to be erased stays asked until the log has forgotten too
            forget_read(self._log, self._outbox, number, self._stages.positions(number), codes, self._clock.now())

    def keep_up(self, stopping: threading.Event) -> None:
        """Run in a thread of its own: publish the outbox, watch the lag. Raises what is our bug."""
        rounds = 0
        while not stopping.wait(PUBLISH_SECONDS):
            rounds += 1
            if self._tried(self._publish):
                self._watch.database.well()
            if rounds % COMPARE_EVERY == 1 and self._tried(self._compare):
                self._watch.log.well()

    def _tried(self, work: Callable[[], None]) -> bool:
        try:
            work()
        except LogAway as away:
            self._watch.log.says("消息日志连不上，正在重试")
            get_logger(stage="publish").warning("away", reason=str(away))
        except AWAY as away:
            self._watch.database.says("数据库连不上，正在重试")
            get_logger(stage="publish").warning("away", error=type(away).__name__)
        else:
            return True
        return False

    def _publish(self) -> None:
        publish(self._outbox, self._log, [county for _, county in self._served()])

    def _compare(self) -> None:
        numbers = {number for number, _ in self._served()}
        # Positions first: an end that is looked up later is never before them, unless the log has lost records.
        stored = {(number, topic): at for number in numbers for topic, at in self._stages.positions(number).items()}
        ends = {(number, topic): end for number in numbers for topic, end in self._log.ends(TOPICS, number).items()}
        self._watch.compare(ends, stored)
        if numbers and self._log.topic_ids((*TOPICS, ALERTS_TOPIC)) != self._ids:
            raise MadeAnew("a topic was made anew while we read it: the worker starts anew and looks again")

    def _caught_up(self, number: int) -> bool:
        positions = self._stages.positions(number)
        try:
            ends: Mapping[str, int] = self._log.ends(TOPICS, number)
        except LogAway:
            return False
        return all(positions.get(topic, 0) == end for topic, end in ends.items())

    def _served(self) -> list[tuple[int, County]]:
        return [(number, county) for number in sorted(self._owned) for county in self._counties.get(number, [])]
