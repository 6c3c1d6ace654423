"""Whoever is erased was never spoken of: nothing stored names them, and what stands is what stood without them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from contracts.catalogue import FACTS
from contracts.vocabulary import SubjectKind
from services.alerts.store import erasing
from services.alerts.store.rows import TABLES, ErasureRow, table_of
from services.alerts.worker.stages import Stages
from tests.histories import HISTORIES, PEOPLE, SETTLED, TYPES, Sending, Statement, Topics, topics_of
from tests.stores import COUNTY, FIRST_DAY, BreakingStore, Crash, answer, empty_sqlite, stages

NOW = "2026-06-15T09:00:00+08:00"
FATHER_IS_ILL_AND_OUT_OF_WORK = [
    *SETTLED,
    Sending(TYPES[1], (Statement(0, 3), Statement(1, 3))),
    Sending(TYPES[2], (Statement(0, 0), Statement(1, 4))),
    Sending(TYPES[3], (Statement(2, 0),)),
]


def tell(worker: Stages, topics: Topics) -> None:
    """Everything of a history, topic by topic."""
    for topic, values in topics.values.items():
        worker.process(topics.batch(topic, 0, len(values)))


def erased(store: BreakingStore, worker: Stages, person: str) -> int:
    """Ask for a person to be erased and let the worker do it; gives how many it erased."""
    with store.writes() as connection:
        erasing.ask(connection, COUNTY.code, person, NOW)
    count = worker.erase(1).erased
    store.forgotten([COUNTY.code], NOW)
    return count


def without(history: list[Sending], who: int) -> list[Sending]:
    """The history in which that person was never named; what was said of households and villages stays."""
    return [_without(one, who) if FACTS[one.type].meta.subject is SubjectKind.PERSON else one for one in history]


def _without(sending: Sending, who: int) -> Sending:
    return replace(sending, said=tuple(said for said in sending.said if said.who != who))


def everything(store: BreakingStore) -> str:
    """All that is stored, but for the request itself."""
    tables = [table_of(model) for model in TABLES if model is not ErasureRow]
    with store.reads() as connection:
        return "\n".join(str(row) for table in tables for row in connection.execute(select(table)))


@pytest.mark.parametrize("who", range(3))
def test_nothing_stored_names_an_erased_person(store: BreakingStore, who: int) -> None:
    worker = stages(store)
    tell(worker, topics_of(FATHER_IS_ILL_AND_OUT_OF_WORK))
    assert PEOPLE[who] in everything(store)
    assert erased(store, worker, PEOPLE[who]) == 1
    assert PEOPLE[who] not in everything(store)
    assert worker.erase(1).erased == 0


def test_what_is_said_of_an_erased_person_again_counts_again(store: BreakingStore) -> None:
    worker, topics = stages(store), topics_of(FATHER_IS_ILL_AND_OUT_OF_WORK)
    tell(worker, topics)
    before = answer(store)
    erased(store, worker, PEOPLE[0])
    assert answer(store) != before
    ends = {topic: len(values) for topic, values in topics.values.items()}
    for one in FATHER_IS_ILL_AND_OUT_OF_WORK:
        topics.send(one)
    for topic, values in topics.values.items():
        worker.process(topics.batch(topic, ends[topic], len(values)))
    assert answer(store) == before


@settings(max_examples=25, deadline=None)
@given(HISTORIES, st.integers(0, len(PEOPLE) - 1), st.booleans())
def test_what_stands_is_what_stands_where_the_person_was_never_named(
    history: list[Sending], who: int, restarted: bool
) -> None:
    with empty_sqlite() as store, empty_sqlite() as never:
        worker, other = stages(store), stages(never)
        tell(worker, topics_of(history))
        tell(other, topics_of(without(history, who)))
        if restarted:
            worker = stages(store)
        erased(store, worker, PEOPLE[who])
        assert PEOPLE[who] not in everything(store)
        for one in (worker, other):
            one.turn_day(COUNTY.code, FIRST_DAY + timedelta(days=1))
        assert answer(store) == answer(never)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_leaves_the_request_open_until_the_log_has_forgotten(store: BreakingStore, when: str) -> None:
    worker = stages(store)
    tell(worker, topics_of(FATHER_IS_ILL_AND_OUT_OF_WORK))
    with store.writes() as connection:
        request = erasing.ask(connection, COUNTY.code, PEOPLE[0], NOW)
    store.breaks = when
    with pytest.raises(Crash):
        worker.erase(1)
    with store.reads() as connection:
        assert erasing.is_asked(connection, request)
    assert stages(store).erase(1).erased == 1
    store.forgotten([COUNTY.code], NOW)
    assert PEOPLE[0] not in everything(store)
    with store.reads() as connection:
        assert not erasing.is_asked(connection, request)
