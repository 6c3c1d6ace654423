"""The Faust worker's conformance suite: kill, stall and take-over, rebalance, poison, gap, on a real broker.

The answer is always compared with one go over the same words, and with the plain recomputation of tests/oracle.py.
"""

import random
import signal
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from functools import partial

import pytest

from contracts.topics import ALERTS_TOPIC, FACT_TOPICS
from services.alerts.store import Store
from services.alerts.store.queues import read_letters
from tests.histories import SETTLED, TYPES, Sending, Statement, Topics, topics_of
from tests.integration.workers import PARTITION, SESSION_SECONDS, Site
from tests.oracle import differences, standing_alerts
from tests.stores import COUNTY, FIRST_DAY, answer, empty_sqlite, entries, lines, stages, what_stands

pytestmark = pytest.mark.broker

HEALTH, EDUCATION = FACT_TOPICS["health"], FACT_TOPICS["education"]
MEMBER, PAID, LOST, ABSENT = TYPES[0], TYPES[1], TYPES[2], TYPES[3]


def year(seed: int, sendings: int = 40, size: int = 6) -> list[Sending]:
    """A history that says and takes back, the same for the same seed."""
    dice = random.Random(seed)
    return [*SETTLED] + [
        Sending(
            dice.choice(TYPES),
            tuple(
                Statement(dice.randrange(5), dice.randrange(12), day=dice.randrange(7), minute=dice.randrange(4))
                for _ in range(size)
            ),
        )
        for _ in range(sendings)
    ]


def plain(history: Sequence[Sending]) -> tuple[object, object]:
    """One worker, one go, every topic whole."""
    with empty_sqlite() as store:
        worker, topics = stages(store), topics_of(history)
        for topic, values in topics.values.items():
            if values:
                worker.process(topics.batch(topic, 0, len(values)))
        return answer(store), what_stands(store)


def assert_plain(store: Store, history: Sequence[Sending]) -> None:
    """The store holds the answer of one go, which is that of the plain recomputation."""
    assert (answer(store), what_stands(store)) == plain(history)
    assert differences(standing_alerts(entries(store), FIRST_DAY), lines(store)) == []
    assert lines(store), "a history without an alert shows nothing"


def test_words_become_alerts_which_are_said_back_and_the_day_turns(site: Site) -> None:
    history = year(1)
    site.send(topics_of(history))
    worker = site.worker().start()
    site.wait(site.caught_up)
    assert_plain(site.store, history)
    assert worker.alive()[0] == 200

    site.wait(lambda: not site.store.unpublished(COUNTY.code, 1))
    said = site.log.ends([ALERTS_TOPIC], PARTITION)[ALERTS_TOPIC]
    assert said >= len(lines(site.store))

    site.clock.turn(COUNTY.code, FIRST_DAY + timedelta(days=1))
    took = site.wait(site.caught_up)
    assert took < 10
    assert site.store.ledger(PARTITION).county(COUNTY.code).day == FIRST_DAY + timedelta(days=1)


def test_a_word_is_an_alert_soon_after_it_was_sent(site: Site) -> None:
    site.send(topics_of(SETTLED))
    site.worker().start()
    site.wait(site.caught_up)
    more = [*SETTLED, Sending(PAID, (Statement(0, 3),))]
    site.send(topics_of(more))
    assert site.wait(site.caught_up) < 2
    assert_plain(site.store, more)


def test_killed_at_any_moment_the_worker_goes_on_and_the_answer_is_the_plain_one(site: Site) -> None:
    history = year(2, sendings=60)
    dice = random.Random(3)
    worker = site.worker().start()
    for upto in range(16, len(history) + 1, 16):
        assigned = worker.says('"assigned"')
        site.send(topics_of(history[:upto]))
        site.wait(partial(worker.says_again, '"assigned"', assigned))
        site.pass_time(dice.uniform(0, 0.3))
        worker.give(signal.SIGKILL)
    site.send(topics_of(history))
    site.wait(site.caught_up)
    assert worker.starts >= 4
    assert_plain(site.store, history)


@contextmanager
def commits_held(site: Site) -> Iterator[None]:
    """Batches are computed meanwhile and cannot be committed."""
    if site.engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(site.folder / "alerts.db", isolation_level=None)) as held:
            held.execute("begin immediate")
            yield
    else:
        with site.engine.begin() as held:
            held.exec_driver_sql("lock table ledger in share mode")
            yield


@pytest.mark.parametrize("where", ["site", pytest.param("postgres_site", marks=pytest.mark.postgres)])
def test_a_worker_that_stalls_on_one_topic_while_another_commits_a_second_changes_nothing(
    request: pytest.FixtureRequest, where: str
) -> None:
    """A stalls on a batch of health, B takes over and commits education, A wakes with its batch and its memory."""
    site: Site = request.getfixturevalue(where)
    before = [*SETTLED, Sending(PAID, (Statement(1, 0),)), Sending(LOST, (Statement(0, 0),))]
    stalled_on = [*before, Sending(PAID, tuple(Statement(who, 3, minute=1) for who in range(5)))]
    meanwhile = [*stalled_on, Sending(ABSENT, tuple(Statement(who, 0) for who in range(2, 4)))]
    after = [*meanwhile, Sending(PAID, tuple(Statement(who, 2, minute=2) for who in range(5)))]
    a, b = site.worker("a").start(), site.worker("b")
    site.send(topics_of(before))
    site.wait(site.caught_up)

    with commits_held(site):
        site.send(topics_of(stalled_on), HEALTH)
        site.pass_time(1.5)
        a.give(signal.SIGSTOP)
    stood = site.store.ledger(PARTITION).next_of(HEALTH)
    assert stood < len(topics_of(stalled_on).values[HEALTH]), "A was to stall before its commit"

    site.send(topics_of(meanwhile), EDUCATION)
    b.start()
    site.wait(site.caught_up)
    assert_plain(site.store, meanwhile)

    a.give(signal.SIGCONT)
    site.pass_time(SESSION_SECONDS)
    assert_plain(site.store, meanwhile)
    site.send(topics_of(after))
    site.wait(site.caught_up)
    assert_plain(site.store, after)


def test_partitions_move_to_a_worker_that_joins_and_back_when_it_dies(site: Site) -> None:
    history = year(5, sendings=30)
    a = site.worker("a").start()
    site.send(topics_of(history[:10]))
    site.wait(site.caught_up)
    b = site.worker("b").start()
    site.wait(lambda: '"count": 12' in b.log.read_text())
    site.send(topics_of(history[:20]))
    site.wait(site.caught_up)
    b.end()
    site.send(topics_of(history))
    site.wait(site.caught_up)
    assert a.starts == 1
    assert_plain(site.store, history)


def test_poison_becomes_a_letter_and_the_partition_flows(site: Site) -> None:
    history = [*SETTLED, Sending(PAID, (Statement(0, 3),))]
    site.send_raw(HEALTH, b"\xff not json", b"", b'{"specversion": "1.0"}')
    site.send_raw(EDUCATION, b"[" * 5000)
    topics = topics_of(history)
    for topic, values in topics.values.items():
        site.send_raw(topic, *values)
    worker = site.worker().start()
    site.wait(site.caught_up)
    assert worker.starts == 1
    with site.store.reads() as connection:
        places = {row.place for row in read_letters(connection)}
    assert places == {f"{HEALTH}/{PARTITION}/{n}" for n in range(3)} | {f"{EDUCATION}/{PARTITION}/0"}
    assert_plain(site.store, history)


def test_a_gap_in_the_numbers_is_reported_and_a_repeat_is_dropped(site: Site) -> None:
    topics: Topics = topics_of([Sending(PAID, tuple(Statement(who, 3) for who in range(5)))])
    values = topics.values[HEALTH]
    site.send_raw(HEALTH, values[0], values[0], values[3], *values[3:])
    worker = site.worker().start()
    site.wait(site.caught_up)
    assert worker.starts == 1
    county = site.store.ledger(PARTITION).county(COUNTY.code)
    assert county.missing == {"health": [(2, 3)]}
    with site.store.reads() as connection:
        reasons = [row.reason for row in read_letters(connection)]
    assert reasons == ["health: numbers 2 to 3 have not come"]
    assert len(what_stands(site.store)) == 3


def test_t5_topics_made_anew_are_read_from_their_beginning_when_departments_send_again(site: Site) -> None:
    history = year(7, sendings=20)
    site.send(topics_of(history[:12]))
    worker = site.worker().start()
    site.wait(site.caught_up)
    site.wait(lambda: not site.store.unpublished(COUNTY.code, 1))
    said = site.log.ends([ALERTS_TOPIC], PARTITION)[ALERTS_TOPIC]
    worker.end()

    site.forget_topics()
    before = worker.says('"assigned"')
    worker.start()
    site.wait(partial(worker.says_again, '"assigned"', before))
    site.wait(lambda: site.log.ends([ALERTS_TOPIC], PARTITION)[ALERTS_TOPIC] >= said)
    site.send(topics_of(history))
    site.wait(site.caught_up)
    assert_plain(site.store, history)
    with site.store.reads() as connection:
        assert list(read_letters(connection)) == []
    assert len(entries(site.store)) == len({(e["sending"], e["line"], e["id"]) for e in entries(site.store)})
