"""A batch and its position are one commit; one that does not fit is skipped, trimmed or refused. Both stores."""

import pytest

from services.alerts.store.ledger import Hole, TopicReplaced
from services.alerts.worker.attempts import BY_SENDING, NO_MORE
from shouwang.kit.bus import Batch
from tests.histories import PEOPLE, SETTLED, TOPICS, TYPES, Sending, Statement, Topics, topics_of
from tests.stores import COUNTY, BreakingStore, Crash, answer, ask_for_all, entries, letters, stages, what_stands

CIVIL = "shouwang.civil_affairs.facts"
HEALTH = "shouwang.health.facts"
BURDEN = Sending(TYPES[1], (Statement(0, 3),))
"""The first person has paid 20,000 yuan: the limit of an ordinary household."""


def all_of(topics: Topics, topic: str) -> Batch:
    return topics.batch(topic, 0, 1000)


def process_all(store: BreakingStore, topics: Topics) -> None:
    worker = stages(store)
    for topic in TOPICS:
        worker.process(all_of(topics, topic))


def test_words_facts_alerts_and_position_come_with_one_commit(store: BreakingStore) -> None:
    topics = topics_of([*SETTLED, BURDEN])
    process_all(store, topics)
    assert stages(store).positions(1)[HEALTH] == 2
    assert len(what_stands(store)) == 9
    assert ("h1" + "x" * 26, "illness") in answer(store)


def test_a_commit_that_breaks_leaves_nothing(store: BreakingStore) -> None:
    topics = topics_of(SETTLED)
    store.breaks = "before"
    with pytest.raises(Crash):
        stages(store).process(all_of(topics, CIVIL))
    assert (entries(store), stages(store).positions(1)) == ([], {})


def test_a_batch_delivered_again_after_its_commit_changes_nothing(store: BreakingStore) -> None:
    topics = topics_of(SETTLED)
    worker = stages(store)
    worker.process(all_of(topics, CIVIL))
    before = entries(store)
    assert worker.process(all_of(topics, CIVIL)).words == 0
    assert stages(store).process(all_of(topics, CIVIL)).words == 0
    assert entries(store) == before


def test_a_batch_of_which_a_part_was_taken_is_trimmed(store: BreakingStore) -> None:
    topics = topics_of(SETTLED)
    stages(store).process(topics.batch(CIVIL, 0, 4))
    assert stages(store).process(all_of(topics, CIVIL)).words == 2
    assert len([entry for entry in entries(store) if not entry["type"].startswith("alerts.")]) == 6


def test_a_worker_that_slept_through_a_commit_of_another_topic_reads_again(store: BreakingStore) -> None:
    topics = topics_of([*SETTLED, BURDEN])
    sleeper, taker = stages(store), stages(store)
    sleeper.process(topics.batch(CIVIL, 0, 3))
    taker.process(topics.batch(CIVIL, 3, 1000))
    sleeper.process(all_of(topics, HEALTH))
    taker.process(all_of(topics, "shouwang.rural_affairs.facts"))
    expected = answer(store)
    assert ("h1" + "x" * 26, "illness") in expected
    assert sleeper.process(topics.batch(CIVIL, 0, 1000)).words == 0
    assert answer(store) == expected


def test_records_that_are_gone_from_the_log_end_the_process_with_the_remedy(store: BreakingStore) -> None:
    with pytest.raises(Hole, match=r"up to 0, the log goes on at 3.*let-go shouwang.civil_affairs.facts"):
        stages(store).process(topics_of(SETTLED).batch(CIVIL, 3, 10))


def test_a_topic_made_anew_ends_the_process_with_the_remedy(store: BreakingStore) -> None:
    topics = topics_of(SETTLED)
    worker = stages(store)
    worker.process(topics.batch(CIVIL, 0, 3))
    with pytest.raises(TopicReplaced, match=r"made anew .*let-go"):
        worker.process(topics.batch(CIVIL, 3, 10)._replace(topic_id="another"))


def test_after_letting_go_of_a_topic_what_was_seen_is_dropped_and_the_rest_taken(store: BreakingStore) -> None:
    topics = topics_of(SETTLED)
    stages(store).process(topics.batch(CIVIL, 0, 3))
    assert store.let_go(CIVIL) == 1
    processed = stages(store).process(all_of(topics, CIVIL)._replace(topic_id="another"))
    assert (processed.seen, processed.words) == (3, 3)


def test_a_position_moves_over_offsets_that_hold_no_record(store: BreakingStore) -> None:
    worker = stages(store)
    worker.process(Batch(CIVIL, 1, 0, 7, [], f"id of {CIVIL}"))
    assert worker.positions(1) == {CIVIL: 7}


def test_a_number_heard_before_is_dropped_wherever_it_stands(store: BreakingStore) -> None:
    topics = topics_of(SETTLED)
    topics.values[CIVIL] += topics.values[CIVIL][1:4]
    assert stages(store).process(all_of(topics, CIVIL)).seen == 3


def test_numbers_out_of_a_gap_are_taken_when_sent_again_and_answer_the_letter_about_it(store: BreakingStore) -> None:
    topics = topics_of(SETTLED)
    sent = topics.values[CIVIL]
    topics.values[CIVIL] = [*sent[:1], *sent[3:], *sent[:3]]
    processed = stages(store).process(all_of(topics, CIVIL))
    assert (processed.gaps, processed.words, processed.seen) == (1, 6, 1)
    assert letters(store) == []
    assert stages(store).counties(1)[COUNTY.code].missing == {}


def restart_until_taken(store: BreakingStore, topics: Topics, times: int) -> None:
    for _ in range(times):
        try:
            stages(store).process(topics.batch(CIVIL, stages(store).positions(1).get(CIVIL, 0), 1000))
        except (Crash, ZeroDivisionError):
            continue


def test_a_word_on_which_the_process_dies_every_time_is_set_aside_and_the_rest_taken(store: BreakingStore) -> None:
    store.poison = PEOPLE[2]
    restart_until_taken(store, topics_of(SETTLED), 3 * NO_MORE)
    assert [letter.place for letter in letters(store)] == [f"{CIVIL}/1/2"]
    assert "every time" in letters(store)[0].reason
    assert (stages(store).positions(1), len(what_stands(store))) == ({CIVIL: 6}, 4)


def test_a_word_whose_applying_fails_is_set_aside_after_two_restarts(store: BreakingStore) -> None:
    store.poison, store.bug = PEOPLE[2], ZeroDivisionError
    restart_until_taken(store, topics_of(SETTLED), BY_SENDING)
    assert [letter.reason for letter in letters(store)] == ["applying it fails: ZeroDivisionError"]
    assert len(what_stands(store)) == 4


def test_a_word_set_aside_is_taken_once_it_is_asked_for_and_nothing_ails_it(store: BreakingStore) -> None:
    topics = topics_of(SETTLED)
    store.poison, store.bug = PEOPLE[2], ZeroDivisionError
    restart_until_taken(store, topics, BY_SENDING)
    store.poison = ""
    ask_for_all(store)
    assert stages(store).try_letters(1).words == 1
    assert (letters(store), len(what_stands(store))) == ([], 5)


def test_after_a_commit_the_tries_at_its_place_are_forgotten(store: BreakingStore) -> None:
    topics = topics_of(SETTLED)
    for _ in range(BY_SENDING - 1):
        store.breaks = "before"
        with pytest.raises(Crash):
            stages(store).process(all_of(topics, CIVIL))
    stages(store).process(all_of(topics, CIVIL))
    assert store.note_try(1, CIVIL, 0) == 1
