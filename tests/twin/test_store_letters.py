"""What no stage can use becomes a letter with its reason, and everything else flows on. Both stores."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete

from services.alerts.domain.rulebook import Policy
from services.alerts.domain.scope import Scope
from services.alerts.store.writing import LETTERS
from shouwang.kit.bus import Batch, Record
from tests.histories import HOMES, SETTLED, TYPES, Sending, Statement, Topics, topics_of
from tests.stores import (
    COUNTY,
    FIRST_DAY,
    BreakingStore,
    answer,
    ask_for_all,
    letters,
    live_rulebook,
    stages,
    what_stands,
)

CIVIL = "shouwang.civil_affairs.facts"
HEALTH = "shouwang.health.facts"
BURDEN = Sending(TYPES[1], (Statement(0, 3),))


def spoiled(topics: Topics, topic: str, at: int, **changes: object) -> Batch:
    """A topic's records, with other values in one envelope; a number is never lost."""
    said = json.loads(topics.values[topic][at])
    topics.values[topic][at] = json.dumps(said | changes).encode()
    return topics.batch(topic, 0, 1000)


@pytest.mark.parametrize("pieces", [((0, 2), (4, 6), (2, 4)), ((0, 1), (3, 6), (2, 3), (1, 2))])
def test_t5_numbers_that_come_after_all_answer_the_letters_about_their_gap(
    store: BreakingStore, pieces: tuple[tuple[int, int], ...]
) -> None:
    values = topics_of(SETTLED).values[CIVIL]
    order = [number for first, end in pieces for number in range(first, end)]
    records = [Record(CIVIL, 1, at, COUNTY.code.encode(), values[number]) for at, number in enumerate(order)]
    worker = stages(store)
    for record in records[:-1]:
        worker.process(Batch(CIVIL, 1, record.offset, record.offset + 1, [record], "id"))
    assert letters(store)
    worker.process(Batch(CIVIL, 1, records[-1].offset, records[-1].offset + 1, records[-1:], "id"))
    assert letters(store) == []
    assert store.ledger(1).county(COUNTY.code).missing == {}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"type": "civil_affairs.unheard_of.v1"}, "union_tag_invalid"),
        ({"asof": "gestern"}, "asof"),
        ({"data": None}, "needs data"),
        ({"partitionkey": "532901"}, "not served"),
        ({"source": "/county/532927/health"}, "source is not"),
        ({"subject": "h1" + "a" * 26}, "subject is not what"),
        ({"fact": "h1" + "a" * 26}, "key of a membership"),
        ({"sending": "a\u0000b"}, "NUL"),
        ({"line": 1 << 40}, "less_than"),
    ],
)
def test_a_word_that_cannot_be_is_a_letter_and_the_others_are_taken(
    store: BreakingStore, changes: dict[str, object], reason: str
) -> None:
    processed = stages(store).process(spoiled(topics_of(SETTLED), CIVIL, 2, **changes))
    assert (processed.words, processed.letters - processed.gaps) == (5, 1)
    assert reason in next(letter.reason for letter in letters(store) if letter.sealed)


@pytest.mark.parametrize("value", [b"", b"\xff\xfe", b"[]", b"{}", b"null", b"[" * 100_000, b'{"a":' * 5_000])
def test_bytes_that_are_no_document_are_a_letter_sealed_with_their_place(store: BreakingStore, value: bytes) -> None:
    record = Record(CIVIL, 1, 0, b"532927", value)
    stages(store).process(Batch(CIVIL, 1, 0, 1, [record], f"id of {CIVIL}"))
    [letter] = letters(store)
    assert (letter.place, letter.stage, letter.partition) == (f"{CIVIL}/1/0", "apply", 1)
    assert value in letter.sealed


def test_a_record_in_a_partition_that_is_not_its_countys_is_a_letter(store: BreakingStore) -> None:
    record = Record(CIVIL, 2, 0, b"532927", topics_of(SETTLED).values[CIVIL][0])
    stages(store).process(Batch(CIVIL, 2, 0, 1, [record], "id"))
    [letter] = letters(store)
    assert "not in this partition" in letter.reason


def test_beyond_a_limit_a_feed_is_stopped_and_its_words_wait_in_order(store: BreakingStore) -> None:
    topics = topics_of([*SETTLED, Sending(TYPES[1], tuple(Statement(who, 3) for who in range(5)))])
    batch = spoiled(topics, HEALTH, 0, time="never")
    stages(store, letter_limit=1).process(batch)
    assert stages(store).counties(1)[COUNTY.code].stopped == [TYPES[1]]
    assert [letter.place for letter in letters(store)] == [f"{HEALTH}/1/{offset}" for offset in range(6)]


def test_a_stopped_feed_goes_on_when_its_last_letter_is_settled(store: BreakingStore) -> None:
    topics = topics_of([*SETTLED, BURDEN])
    worker = stages(store, letter_limit=1)
    worker.process(topics.batch(CIVIL, 0, 1000))
    first = json.loads(topics.values[HEALTH][0])
    worker.process(spoiled(topics, HEALTH, 0, time="never"))
    with store.writes() as connection:
        connection.execute(delete(LETTERS).where(LETTERS.c.reason.contains("time")))
    ask_for_all(store)
    worker.try_letters(1)
    assert (letters(store), worker.counties(1)[COUNTY.code].stopped) == ([], [])
    assert first["id"] not in what_stands(store).values()


def test_a_letter_that_fails_again_is_a_letter_again(store: BreakingStore) -> None:
    worker = stages(store)
    worker.process(spoiled(topics_of(SETTLED), CIVIL, 2, asof="gestern"))
    ask_for_all(store)
    assert worker.try_letters(1).letters == 1
    [letter] = letters(store)
    assert (letter.wanted, letter.place) == (False, f"{CIVIL}/1/2")


def failing_for(policy: Policy, subject: str) -> Policy:
    """The rulebook with one rule that cannot be evaluated for one household."""
    rule = policy.rules["income"]

    def when(scope: Scope) -> object:
        return 1 // 0 if scope.household.ref == subject else rule.when(scope)

    failing = {**policy.rules, "income": replace(rule, when=when)}
    return replace(policy, rules=failing, household_rules=tuple(failing.values()))


def test_a_document_that_fails_for_one_household_is_named_and_the_others_are_judged(store: BreakingStore) -> None:
    topics = topics_of(SETTLED)
    worker = stages(store, failing_for(live_rulebook(), HOMES[0]))
    for topic in (CIVIL, "shouwang.rural_affairs.facts"):
        worker.process(topics.batch(topic, 0, 1000))
    [letter] = letters(store)
    assert (letter.stage, letter.reason) == ("judge", f"rules/income fails for {HOMES[0]}: ZeroDivisionError")
    assert {subject for subject, _ in answer(store)} == {HOMES[1]}


def test_a_household_that_could_not_be_judged_is_judged_under_the_next_rulebook(store: BreakingStore) -> None:
    topics = topics_of(SETTLED)
    worker = stages(store, failing_for(live_rulebook(), HOMES[0]))
    for topic in (CIVIL, "shouwang.rural_affairs.facts"):
        worker.process(topics.batch(topic, 0, 1000))
    stages(store, replace(live_rulebook(), version="mended")).turn_day(COUNTY.code, FIRST_DAY + timedelta(days=1))
    assert {subject for subject, _ in answer(store)} == set(HOMES[:2])
