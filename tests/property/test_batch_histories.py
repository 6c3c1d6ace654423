"""However words are cut into batches, repeated, crashed over or fought for by two workers: one answer."""

from collections.abc import Sequence
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.alerts.store import Store
from services.alerts.worker.attempts import NO_MORE
from services.alerts.worker.stages import Stages
from tests.histories import HISTORIES, TOPICS, Sending, Topics, topics_of
from tests.oracle import differences, standing_alerts
from tests.stores import (
    COUNTY,
    FIRST_DAY,
    BreakingStore,
    Crash,
    answer,
    empty_sqlite,
    entries,
    lines,
    stages,
    what_stands,
)

LAST_DAY = FIRST_DAY + timedelta(days=30)
PROPERTY = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["read", "read", "read", "again", "before", "after", "turn", "forget"]),
        st.integers(0, 1),
        st.integers(0, len(TOPICS) - 1),
        st.integers(1, 9),
        st.integers(0, 9),
    ),
    max_size=30,
)
"""What happens, which worker it happens to, at which topic, how many records, how far back."""

REPEATS = st.lists(st.tuples(st.integers(0, len(TOPICS) - 1), st.integers(0, 30), st.integers(1, 12)), max_size=4)
"""Runs of records a relay sends again with their old numbers: topic, from where, how many."""


def read_rest(worker: Stages, topics: Topics, size: int = 1000) -> None:
    for topic in TOPICS:
        while worker.positions(1).get(topic, 0) < len(topics.values[topic]):
            worker.process(topics.batch(topic, worker.positions(1).get(topic, 0), size))


def in_one_go(history: Sequence[Sending]) -> tuple[object, object]:
    with empty_sqlite() as store:
        worker = stages(store)
        read_rest(worker, topics_of(history))
        worker.turn_day(COUNTY.code, LAST_DAY)
        return answer(store), what_stands(store)


def repeated(topics: Topics, repeats: Sequence[tuple[int, int, int]]) -> Topics:
    for topic, start, count in repeats:
        values = topics.values[TOPICS[topic]]
        values += values[start : start + count]
    return topics


class Two:
    """Two workers on one store, of which each may be a zombie of the other; each may crash and start anew."""

    def __init__(self, store: BreakingStore, topics: Topics) -> None:
        self.store, self.topics = store, topics
        self.workers = [stages(store, households=1), stages(store)]
        self.kills = NO_MORE - 2

    def take(self, what: str, who: int, topic: str, size: int, back: int) -> None:
        worker = self.workers[who]
        if what == "forget":
            worker.forget()
        elif what == "turn":
            self.workers[who].turn_day(COUNTY.code, FIRST_DAY + timedelta(days=size))
        else:
            stored = worker.positions(1).get(topic, 0)
            first = max(0, stored - back) if what == "again" else stored
            self._process(who, what, topic, first, size)

    def _process(self, who: int, what: str, topic: str, first: int, size: int) -> None:
        # A word whose every try ends the process is set aside in the end, which is another test.
        self.kills -= what == "before"
        self.store.breaks = what if what == "after" or (what == "before" and self.kills > 0) else ""
        try:
            self.workers[who].process(self.topics.batch(topic, first, size))
        except Crash:
            self.workers[who] = stages(self.store, households=1 + 4 * who)
        self.store.breaks = ""


def finish(store: Store, topics: Topics) -> None:
    worker = stages(store)
    read_rest(worker, topics)
    worker.turn_day(COUNTY.code, LAST_DAY)


@PROPERTY
@given(history=HISTORIES, repeats=REPEATS, steps=STEPS)
def test_two_workers_that_stall_crash_and_take_over_give_the_answer_of_one_go(
    history: list[Sending], repeats: list[tuple[int, int, int]], steps: list[tuple[str, int, int, int, int]]
) -> None:
    topics = repeated(topics_of(history), repeats)
    with empty_sqlite() as store:
        two = Two(store, topics)
        for what, who, topic, size, back in steps:
            two.take(what, who, TOPICS[topic], size, back)
        finish(store, topics)
        assert (answer(store), what_stands(store)) == in_one_go(history)


@PROPERTY
@given(history=HISTORIES, steps=STEPS)
def test_the_answer_is_the_plain_recomputation_over_the_kept_words(
    history: list[Sending], steps: list[tuple[str, int, int, int, int]]
) -> None:
    topics = topics_of(history)
    with empty_sqlite() as store:
        two = Two(store, topics)
        for what, who, topic, size, back in steps:
            two.take(what, who, TOPICS[topic], size, back)
        finish(store, topics)
        assert not differences(standing_alerts(entries(store), LAST_DAY), lines(store))


@PROPERTY
@given(history=HISTORIES, repeats=REPEATS, sizes=st.lists(st.integers(1, 7), min_size=1, max_size=8))
def test_every_word_is_kept_once_however_batches_are_cut_and_repeated(
    history: list[Sending], repeats: list[tuple[int, int, int]], sizes: list[int]
) -> None:
    topics = repeated(topics_of(history), repeats)
    with empty_sqlite() as store:
        worker = stages(store)
        for at, size in enumerate(sizes * 3):
            topic = TOPICS[at % len(TOPICS)]
            worker.process(topics.batch(topic, worker.positions(1).get(topic, 0), size))
        read_rest(worker, topics, sizes[0])
        kept = [entry for entry in entries(store) if not entry["type"].startswith("alerts.")]
        assert len(kept) == sum(topics.seqs.values())
