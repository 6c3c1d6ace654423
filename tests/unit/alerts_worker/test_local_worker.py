"""The embedded worker on a real log and a real store: quick, patient with what is away, never silent about a bug."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from contracts.topics import ALERTS_TOPIC, FACT_TOPICS, TOPICS, partition_of
from services.alerts.store.queues import read_letters, want_letter
from services.alerts.worker.local import LocalWorker
from services.alerts.worker.stages import Stages
from shouwang.kit.bus import LogAway, Outgoing
from shouwang.kit.bus.local import LocalLog
from shouwang.kit.clock import SHANGHAI, FixedClock
from tests.histories import SETTLED, TYPES, Sending, Statement, topics_of
from tests.stores import (
    COUNTY,
    FIRST_DAY,
    BreakingStore,
    OpenSeals,
    answer,
    empty_sqlite,
    entries,
    live_rulebook,
)

PARTITION = partition_of(COUNTY.number)
HISTORY = [*SETTLED, Sending(TYPES[1], (Statement(0, 3),))]


class Site:
    """A log, a store and a worker between them, with a clock that is set by hand."""

    def __init__(self, folder: Path, store: BreakingStore) -> None:
        self.store = store
        self.log = LocalLog(folder / "log.db", durable=False)
        self.log.ensure(TOPICS)
        self.clock = FixedClock(datetime(2026, 6, 15, 9, tzinfo=SHANGHAI), {COUNTY.code: FIRST_DAY})
        stages = Stages(store, live_rulebook(), {COUNTY.code: COUNTY}, OpenSeals(), self.clock)
        self.worker = LocalWorker(stages, store, self.log, [COUNTY], self.clock)

    def send(self, history: list[Sending]) -> None:
        """What a history has beyond what the log holds."""
        ends = self.log.ends(list(FACT_TOPICS.values()), PARTITION)
        key = COUNTY.code.encode()
        for topic, values in topics_of(history).values.items():
            self.log.send([Outgoing(topic, PARTITION, key, value) for value in values[ends[topic] :]])


def wait(true: Callable[[], object], seconds: float = 10.0) -> float:
    """Wait until something is true; returns how long it took."""
    begin = time.monotonic()
    while not true():
        assert time.monotonic() - begin < seconds
        time.sleep(0.002)
    return time.monotonic() - begin


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with empty_sqlite() as store:
        made = Site(tmp_path, store)
        yield made
        made.worker.stop()
        made.log.close()


def test_a_word_in_the_log_is_an_alert_within_a_moment(site: Site) -> None:
    site.send(SETTLED)
    site.worker.start()
    wait(site.worker.caught_up)
    before = answer(site.store)
    site.send(HISTORY)
    took = wait(lambda: answer(site.store) != before)
    assert took < 0.5, "20 ms to see it; the rest is this machine's other work"


def test_what_alerts_says_is_on_its_topic_in_the_countys_partition(site: Site) -> None:
    site.send(HISTORY)
    site.worker.start()
    wait(site.worker.caught_up)
    said = site.log.read(ALERTS_TOPIC, PARTITION, 0).records
    assert len(said) >= len(answer(site.store)) > 0
    assert {record.key for record in said} == {COUNTY.code.encode()}
    assert site.store.unpublished(COUNTY.code, 1) == []


def test_what_a_crash_left_in_the_outbox_is_said_after_the_start(site: Site) -> None:
    site.send(HISTORY)
    stages = Stages(site.store, live_rulebook(), {COUNTY.code: COUNTY}, OpenSeals(), site.clock)
    for topic in FACT_TOPICS.values():
        stages.process(site.log.read(topic, PARTITION, 0))
    assert site.store.unpublished(COUNTY.code, 1)
    site.worker.start()
    wait(site.worker.caught_up)
    assert site.log.read(ALERTS_TOPIC, PARTITION, 0).records


def test_the_day_turns_once_everything_before_it_is_judged(site: Site) -> None:
    site.send(HISTORY)
    site.worker.start()
    wait(site.worker.caught_up)
    site.clock.turn(COUNTY.code, FIRST_DAY + timedelta(days=1))
    assert not site.worker.caught_up() or site.store.ledger(PARTITION).county(COUNTY.code).day != FIRST_DAY
    wait(site.worker.caught_up)
    assert site.store.ledger(PARTITION).county(COUNTY.code).day == FIRST_DAY + timedelta(days=1)


def test_a_log_that_is_away_is_waited_for(site: Site, tmp_path: Path) -> None:
    class Away(LocalLog):
        """A log that is away until it is told otherwise."""

        away = True

        def ends(self, topics: object, partition: int) -> dict[str, int]:
            if self.away:
                raise LogAway("away")
            return super().ends(list(FACT_TOPICS.values()), partition)

    log = Away(tmp_path / "log.db")
    site.send(HISTORY)
    stages = Stages(site.store, live_rulebook(), {COUNTY.code: COUNTY}, OpenSeals(), site.clock)
    worker = LocalWorker(stages, site.store, log, [COUNTY], site.clock)
    worker.start()
    wait(worker.watch.log.check)
    assert worker.watch.log.check() == "连不上，正在重试"
    log.away = False
    wait(lambda: not worker.watch.log.check())
    wait(worker.caught_up)
    assert answer(site.store)
    worker.stop()
    log.close()


def test_a_bug_ends_the_worker_visibly_and_a_new_start_goes_on(site: Site) -> None:
    failures: list[BaseException] = []
    site.worker._on_failure = failures.append
    site.store.breaks = "before"
    site.send(HISTORY)
    site.worker.start()
    wait(lambda: site.worker.failure)
    site.worker.stop()
    assert [type(failure).__name__ for failure in failures] == ["Crash"]
    site.worker.start()
    wait(site.worker.caught_up)
    assert answer(site.store)


def test_t5_a_topic_made_anew_under_the_same_name_is_read_again_and_changes_nothing(site: Site, tmp_path: Path) -> None:
    site.send(HISTORY)
    site.worker.start()
    wait(site.worker.caught_up)
    site.worker.stop()
    before = answer(site.store), len(entries(site.store))
    raw = sqlite3.connect(tmp_path / "log.db")
    with raw:
        raw.execute("update topic set id = 'another' where name = ?", (FACT_TOPICS["health"],))
    raw.close()
    log = LocalLog(tmp_path / "log.db")
    stages = Stages(site.store, live_rulebook(), {COUNTY.code: COUNTY}, OpenSeals(), site.clock)
    worker = LocalWorker(stages, site.store, log, [COUNTY], site.clock)
    worker.start()
    wait(lambda: "another" in site.store.ledger(PARTITION).model_dump_json())
    wait(worker.caught_up)
    assert worker.failure is None
    assert (answer(site.store), len(entries(site.store))) == before
    worker.stop()
    log.close()


def test_a_letter_that_a_person_wants_tried_again_is_tried_while_the_log_is_quiet(site: Site) -> None:
    site.send(HISTORY)
    topic = FACT_TOPICS["health"]
    site.log.send([Outgoing(topic, PARTITION, COUNTY.code.encode(), b"not json")])
    site.worker.start()
    wait(site.worker.caught_up)
    with site.store.writes() as connection:
        (letter,) = read_letters(connection)
        assert want_letter(connection, letter.row)

    def tried() -> bool:
        with site.store.reads() as connection:
            return not any(row.wanted for row in read_letters(connection))

    wait(tried)
    with site.store.reads() as connection:
        assert len(read_letters(connection)) == 1, "it still cannot be read, so it is a letter again"
