"""Words are kept three years, what stands for as long as it stands, the outbox as long as its topic. Both stores."""

from datetime import date, timedelta

from services.alerts.store.retention import TOPIC_DAYS
from services.alerts.store.writing import OUTBOX
from tests.histories import SETTLED, TOPICS, TYPES, Sending, Statement, topics_of
from tests.stores import COUNTY, FIRST_DAY, BreakingStore, answer, entries, rows, stages, what_stands

REPEATED = Sending(TYPES[1], (Statement(0, 1, minute=1), Statement(0, 3, minute=2)))
"""A word, and another that replaces it."""
TAKEN_BACK = Sending(TYPES[2], (Statement(0, 4), Statement(0, 4, op=Statement(0, 0).op.WITHDRAW, minute=3)))
THREE_YEARS = 3 * 365
NEXT_MONTH = date(2026, 7, 1)


def after(store: BreakingStore, *days: date) -> None:
    """A history, then the turns of these days."""
    worker, topics = stages(store), topics_of([*SETTLED, REPEATED, TAKEN_BACK])
    for topic in TOPICS:
        worker.process(topics.batch(topic, 0, 1000))
    for day in days:
        worker.turn_day(COUNTY.code, day)


def said(store: BreakingStore) -> list[str]:
    """The ids of the words of people and households that are kept."""
    return [one["id"] for one in entries(store) if len(one["subject"]) > 6]


def test_for_three_years_every_word_is_kept(store: BreakingStore) -> None:
    after(store)
    before = said(store)
    stages(store).turn_day(COUNTY.code, NEXT_MONTH)
    stages(store).turn_day(COUNTY.code, FIRST_DAY + timedelta(days=THREE_YEARS))
    assert said(store) == before


def test_after_three_years_only_what_stands_is_kept_and_the_answer_is_the_same(store: BreakingStore) -> None:
    after(store, NEXT_MONTH)
    standing = {id_ for (type_, _, _), id_ in what_stands(store).items() if type_ != TYPES[2]}
    worker = stages(store)
    worker.turn_day(COUNTY.code, NEXT_MONTH + timedelta(days=THREE_YEARS + 40))
    assert set(said(store)) == standing
    told = answer(store)
    assert told
    stages(store).turn_day(COUNTY.code, NEXT_MONTH + timedelta(days=THREE_YEARS + 41))
    assert answer(store) == told


def test_the_outbox_is_kept_as_long_as_its_topic_and_until_it_is_acknowledged(store: BreakingStore) -> None:
    after(store)

    def places() -> list[int]:
        with store.reads() as connection:
            return [row[0] for row in rows(connection, OUTBOX, "place", order="place")]

    first = places()
    assert first
    later = FIRST_DAY + timedelta(days=TOPIC_DAYS + 32)
    stages(store).turn_day(COUNTY.code, later)
    assert places()[: len(first)] == first
    store.mark_published(COUNTY.code, first[-1])
    stages(store).turn_day(COUNTY.code, later + timedelta(days=31))
    assert not set(first) & set(places())
