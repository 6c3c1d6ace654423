"""Judging is what the plain recomputation says, on every day, and only days it calls due can bring a change."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.alerts.domain.household import Lists
from services.alerts.domain.judgement import Alert, Judgement, judge, judge_village
from services.alerts.domain.word import Word
from services.alerts.policy import Policy
from tests.oracle import Expected, Signal, standing_alerts
from tests.spec.households import DAY, VILLAGES, Came, closing, entry, heard, households, subjects, words
from tests.spec.households import lists as came_lists

MONTHS = 400
"""Days followed: every window of the pack (180 days, a birthday, a new year) closes within them."""


def expected(alert: Alert) -> Expected:
    signals = sorted(Signal(one.id, one.subject, one.department, one.facts[0]) for one in alert.signals)
    kept = (alert.village, tuple(signals), alert.cannot_tell, alert.suppressed)
    return Expected(alert.level, alert.class_, *kept)


def judged(said: list[Word], policy: Policy, day: date, lists: Lists) -> dict[str, Judgement]:
    villages = {code: facts for code, facts in subjects(said).items() if code in VILLAGES}
    found = {ref: judge(home, policy, day, lists) for ref, home in households(said, day).items()}
    return found | {code: judge_village(code, facts, policy, day, lists) for code, facts in villages.items()}


def alerts(said: list[Word], policy: Policy, day: date, came: list[Came]) -> dict[tuple[str, str], Expected]:
    found = judged(said, policy, day, heard(came))
    return {(ref, one.rule): expected(one) for ref, judgement in found.items() for one in judgement.alerts}


@settings(max_examples=120, deadline=None)
@given(said=words(), came=came_lists(), later=st.one_of(st.integers(0, 90), st.integers(0, MONTHS)))
def test_judging_equals_the_plain_recomputation(policy: Policy, said: list[Word], came: list[Came], later: int) -> None:
    day = DAY + timedelta(days=later)
    entries = [*map(entry, said), *map(closing, came)]
    assert alerts(said, policy, day, came) == standing_alerts(entries, day)


@settings(max_examples=25, deadline=None)
@given(said=words(), came=came_lists())
def test_judging_every_day_equals_judging_on_due_days(policy: Policy, said: list[Word], came: list[Came]) -> None:
    lists = heard(came)
    standing = judged(said, policy, DAY, lists)
    for later in range(1, MONTHS):
        day = DAY + timedelta(days=later)
        for ref, fresh in judged(said, policy, day, lists).items():
            due = standing[ref].due
            if due is not None and due <= day:
                standing[ref] = fresh
            assert _what(fresh) == _what(standing[ref]), f"{ref} changed on {day}, due was {due}"
            assert fresh.due is None or fresh.due > day


def _what(found: Judgement) -> tuple[object, ...]:
    return found.alerts, found.unknown, found.unsure, found.village


@settings(max_examples=25, deadline=None)
@given(said=words(), order=st.randoms(use_true_random=False))
def test_the_order_in_which_words_are_heard_changes_nothing(policy: Policy, said: list[Word], order: object) -> None:
    shuffled = [*said, *said[:3]]
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    day = DAY + timedelta(days=30)
    assert alerts(said, policy, day, []) == alerts(shuffled, policy, day, [])
