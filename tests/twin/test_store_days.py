"""When households are judged: as sendings close, as the day turns, under a new rulebook. Both stores."""

import json
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import select

from contracts.alerts import decode_change
from services.alerts.store.queues import count_dirty
from services.alerts.store.reading import ALERTS, JUDGED, read_dirty
from services.alerts.store.writing import CHANGES
from tests.histories import HOMES, PEOPLE, SETTLED, TOPICS, TYPES, Sending, Statement, topics_of
from tests.stores import COUNTY, FIRST_DAY, BreakingStore, answer, entries, live_rulebook, rows, stages

BURDEN = Sending(TYPES[1], (Statement(0, 3),))
LOST = Sending(TYPES[2], (Statement(0, 1),))
"""The first person lost work 181 days before the first day: a day too long ago for `job_lost`."""
JUST_LOST = Sending(TYPES[2], (Statement(0, 4),))
"""Lost 5 days before the first day."""


def take(store: BreakingStore, history: list[Sending]) -> None:
    topics = topics_of(history)
    worker = stages(store)
    for topic in TOPICS:
        worker.process(topics.batch(topic, 0, 1000))


def dirty(store: BreakingStore) -> list[str]:
    with store.reads() as connection:
        return sorted(subject for said in read_dirty(connection, COUNTY.code).values() for subject in said)


def due_of(store: BreakingStore, home: str) -> date:
    with store.reads() as connection:
        due = dict(rows(connection, JUDGED, "subject", "due", order="subject"))
    return date.fromisoformat(due[home] or date.max.isoformat())


def history(store: BreakingStore) -> list[tuple[str, str]]:
    with store.reads() as connection:
        return [
            row[:2]
            for row in rows(connection, CHANGES, "rule", "kind", order="place")
            if row[0] in ("illness", "livelihood")
        ]


def test_half_a_sending_opens_nothing_and_its_close_does(store: BreakingStore) -> None:
    topics = topics_of([*SETTLED, BURDEN])
    take(store, SETTLED)
    worker = stages(store)
    worker.process(topics.batch("shouwang.health.facts", 0, 1))
    assert (history(store), dirty(store)) == ([], [PEOPLE[0]])
    stages(store).process(topics.batch("shouwang.health.facts", 1, 1))
    assert (history(store), dirty(store)) == ([("illness", "raised")], [])


def test_a_household_waits_for_every_sending_that_touched_it(store: BreakingStore) -> None:
    topics = topics_of([*SETTLED, BURDEN, replace(JUST_LOST, closes=False)])
    for topic in ("civil_affairs", "rural_affairs", "human_resources", "health"):
        stages(store).process(topics.batch(f"shouwang.{topic}.facts", 0, 1000))
    assert history(store) == []
    assert dirty(store) == [PEOPLE[0]]


def test_the_turn_of_the_day_judges_what_is_still_dirty(store: BreakingStore) -> None:
    take(store, [*SETTLED, replace(BURDEN, closes=False)])
    worker = stages(store)
    worker.turn_day(COUNTY.code, FIRST_DAY + timedelta(days=1))
    assert (history(store), dirty(store)) == ([("illness", "raised")], [])


def test_the_turn_of_the_day_judges_whoever_is_due_and_nobody_else(store: BreakingStore) -> None:
    take(store, [*SETTLED, JUST_LOST])
    worker, lapses, history_before = stages(store), FIRST_DAY + timedelta(days=176), len(history(store))
    while (due := due_of(store, HOMES[0])) < lapses:
        assert worker.turn_day(COUNTY.code, due).judged >= 1
    others = [due_of(store, home) for home in HOMES[1:2]]
    assert due == lapses
    assert worker.turn_day(COUNTY.code, lapses - timedelta(days=1)).judged == sum(day < lapses for day in others)
    assert len(history(store)) == history_before
    assert worker.turn_day(COUNTY.code, lapses).judged >= 1
    assert history(store)[-1] == ("livelihood", "lapsed")


def test_whoever_waits_for_a_close_is_counted(store: BreakingStore) -> None:
    take(store, [*SETTLED, Sending(TYPES[1], (Statement(0, 3), Statement(1, 3), Statement(0, 2)), closes=False)])
    with store.reads() as connection:
        assert count_dirty(connection) == {COUNTY.code: 2}


def test_a_day_is_turned_once_and_never_back(store: BreakingStore) -> None:
    take(store, SETTLED)
    for day in (3, 3, 1):
        stages(store).turn_day(COUNTY.code, FIRST_DAY + timedelta(days=day))
    days = [entry["key"] for entry in entries(store) if entry["type"] == "alerts.day.v1"]
    assert days == [FIRST_DAY.isoformat(), (FIRST_DAY + timedelta(days=3)).isoformat()]


def test_another_rulebook_is_an_entry_and_judges_everybody(store: BreakingStore) -> None:
    take(store, [*SETTLED, BURDEN])
    without = replace(live_rulebook(), version="next", rules={}, household_rules=())
    stages(store, without).turn_day(COUNTY.code, FIRST_DAY + timedelta(days=1))
    assert answer(store) == {}
    assert history(store)[-1] == ("illness", "superseded")
    assert [entry["key"] for entry in entries(store) if entry["type"] == "alerts.rulebook.v1"][-1] == "next"


def test_another_rulebook_is_entered_even_where_nothing_happens(store: BreakingStore) -> None:
    take(store, [*SETTLED, BURDEN])
    stages(store, replace(live_rulebook(), version="next", rules={}, household_rules=())).try_letters(1)
    assert answer(store) == {}


def test_an_alert_that_comes_back_keeps_count_of_its_episodes(store: BreakingStore) -> None:
    ended = Sending(TYPES[1], (Statement(0, 0, day=6, minute=2),))
    again = Sending(TYPES[1], (Statement(0, 3, day=6, minute=3),))
    take(store, [*SETTLED, BURDEN])
    topics = topics_of([*SETTLED, BURDEN, ended, again])
    for first in (2, 4):
        stages(store).process(topics.batch("shouwang.health.facts", first, 2))
    with store.reads() as connection:
        found = connection.execute(select(ALERTS.c.episodes, ALERTS.c.standing).where(ALERTS.c.rule == "illness")).one()
    assert (tuple(found), [kind for _, kind in history(store)]) == (
        (2, True),
        ["raised", "updated", "withdrawn", "raised"],
    )


def test_every_change_is_said_once_in_the_countys_order_and_names_its_words(store: BreakingStore) -> None:
    take(store, SETTLED)
    stages(store).process(topics_of([*SETTLED, BURDEN]).batch("shouwang.health.facts", 0, 1000))
    said = [decode_change(value) for _, value in store.unpublished(COUNTY.code, 100)]
    assert [one.seq for one in said] == list(range(1, len(said) + 1))
    illness = next(one for one in said if one.data.rule == "illness")
    assert illness.data.words == illness.data.signals[0].facts
    assert json.loads(answer(store)[illness.subject, "illness"][4])["level"] == illness.data.level


def test_what_is_marked_published_is_not_said_again(store: BreakingStore) -> None:
    take(store, SETTLED)
    places = [place for place, _ in store.unpublished(COUNTY.code, 100)]
    store.mark_published(COUNTY.code, places[1])
    store.mark_published(COUNTY.code, places[0])
    assert [place for place, _ in store.unpublished(COUNTY.code, 100)] == places[2:]


def test_a_first_list_concerns_everybody_it_can_speak_of_and_a_further_one_nobody(store: BreakingStore) -> None:
    elsewhere, here = "532927999", "532927100200"
    lists = [Sending(TYPES[1], (), area=area) for area in (here, "", here, "")]
    topics = topics_of([*SETTLED, replace(BURDEN, area=elsewhere), *lists])
    take(store, [*SETTLED, replace(BURDEN, area=elsewhere)])
    worker = stages(store, replace(live_rulebook(), coverage_types=frozenset({TYPES[1]})))
    batches = [topics.batch("shouwang.health.facts", 2 + at, 1) for at in range(len(lists))]
    assert [worker.process(batch).judged for batch in batches] == [1, 1, 0, 0]


def test_a_list_concerns_nobody_where_no_document_asks_who_is_not_in_it(store: BreakingStore) -> None:
    topics = topics_of([*SETTLED, BURDEN, Sending(TYPES[1], ())])
    take(store, [*SETTLED, BURDEN])
    assert stages(store).process(topics.batch("shouwang.health.facts", 2, 1)).judged == 0
