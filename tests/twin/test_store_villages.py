"""A village is judged, and whoever lives in it, by what was said of it and as its days come. Both stores."""

from datetime import timedelta

from sqlalchemy import update

from contracts.vocabulary import Op
from services.alerts.store.reading import JUDGED, read_village
from services.alerts.worker.stages import Stages
from tests.histories import HOMES, SETTLED, TOPICS, TYPES, VILLAGES, Sending, Statement, Topics, topics_of
from tests.stores import COUNTY, FIRST_DAY, BreakingStore, answer, stages

EVENT = "rural_affairs.village_event.v1"
CUT = Sending(EVENT, (Statement(0, 2),))
"""The first village has had no water since 40 days before the first day, without an end."""
DISASTER = Sending(EVENT, (Statement(1, 1),))
"""In the second village, 5 days before the first day."""
MOVES = Sending(TYPES[0], tuple(Statement(who, 7) for who in range(4)))
"""Everybody of the first household moves to the second one, which lies in another village."""


def read(worker: Stages, topics: Topics) -> None:
    for topic in TOPICS:
        worker.process(topics.batch(topic, worker.positions(1).get(topic, 0), 1000))


def standing(store: BreakingStore, *rules: str) -> set[tuple[str, str]]:
    return {key for key in answer(store) if key[1] in rules}


def test_a_village_and_its_households_are_judged_by_what_is_said_of_it(store: BreakingStore) -> None:
    read(stages(store), topics_of([*SETTLED, CUT]))
    assert standing(store, "village", "water") == {(VILLAGES[0], "village"), (HOMES[0], "water")}
    assert answer(store)[VILLAGES[0], "village"][3] == VILLAGES[0]


def test_households_are_found_by_another_worker_from_the_store(store: BreakingStore) -> None:
    read(stages(store), topics_of(SETTLED))
    read(stages(store), topics_of([*SETTLED, CUT]))
    assert (HOMES[0], "water") in standing(store, "water")


def test_households_of_a_first_issue_are_judged_by_anything_said_of_any_village(store: BreakingStore) -> None:
    read(stages(store), topics_of(SETTLED))
    with store.writes() as connection:
        connection.execute(update(JUDGED).values(village=None))
    read(stages(store), topics_of([*SETTLED, CUT]))
    assert (HOMES[0], "water") in standing(store, "water")
    with store.reads() as connection:
        assert VILLAGES[0] in read_village(connection, COUNTY.code, VILLAGES[0])


def test_the_end_of_an_event_ends_what_stood_by_it(store: BreakingStore) -> None:
    taken_back = Sending(EVENT, (Statement(0, 2, Op.WITHDRAW, minute=1),))
    worker = stages(store)
    read(worker, topics_of([*SETTLED, CUT, taken_back]))
    assert standing(store, "village", "water") == set()


def test_the_days_of_an_event_judge_the_village(store: BreakingStore) -> None:
    worker = stages(store)
    read(worker, topics_of([*SETTLED, DISASTER]))
    assert standing(store, "village") == {(VILLAGES[1], "village")}
    worker.turn_day(COUNTY.code, FIRST_DAY + timedelta(days=40))
    assert standing(store, "village") == set()


def test_who_moves_away_leaves_the_village_s_trouble(store: BreakingStore) -> None:
    worker = stages(store)
    read(worker, topics_of([*SETTLED, CUT]))
    worker.forget()
    read(worker, topics_of([*SETTLED, CUT, MOVES]))
    assert standing(store, "water") == set()
    assert standing(store, "village") == {(VILLAGES[0], "village")}
