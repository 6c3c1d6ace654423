"""Judging is what the plain recomputation says, on every day, and only days it calls due can bring a change."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.alerts.domain.household import Lists
from services.alerts.domain.judgement import Alert, Judgement, judge
from services.alerts.domain.word import Word
from services.alerts.policy import Policy
from tests.oracle import Expected, Signal, standing_alerts
from tests.spec.households import DAY, HOMES, entry, households, words

MONTHS = 400
"""Days followed: every window of the pack (180 days, a birthday, a new year) closes within them."""


def expected(alert: Alert) -> Expected:
    signals = sorted(Signal(one.id, one.subject, one.department, one.facts[0]) for one in alert.signals)
    return Expected(alert.level, alert.class_, alert.village, tuple(signals), alert.cannot_tell)


def judged(said: list[Word], policy: Policy, day: date) -> dict[str, Judgement]:
    return {ref: judge(home, policy, day, Lists()) for ref, home in households(said).items()}


@settings(max_examples=150, deadline=None)
@given(said=words(), later=st.integers(0, MONTHS))
def test_judging_equals_the_plain_recomputation(policy: Policy, said: list[Word], later: int) -> None:
    day = DAY + timedelta(days=later)
    got = {(ref, one.rule): expected(one) for ref, found in judged(said, policy, day).items() for one in found.alerts}
    assert got == standing_alerts(map(entry, said), day)


@settings(max_examples=60, deadline=None)
@given(said=words())
def test_judging_every_day_equals_judging_on_due_days(policy: Policy, said: list[Word]) -> None:
    homes = households(said)
    for ref in HOMES:
        standing = judge(homes[ref], policy, DAY, Lists())
        for later in range(1, MONTHS):
            day = DAY + timedelta(days=later)
            fresh = judge(homes[ref], policy, day, Lists())
            if standing.due is not None and standing.due <= day:
                standing = fresh
            assert _without_ages(fresh) == _without_ages(standing), f"{ref} changed on {day}, due was {standing.due}"
            assert fresh.due is None or fresh.due > day


def _without_ages(found: Judgement) -> tuple[tuple[Alert, ...], tuple[tuple[str, str], ...], tuple[str, ...]]:
    return found.alerts, found.unknown, found.unsure


@settings(max_examples=60, deadline=None)
@given(said=words(), order=st.randoms(use_true_random=False))
def test_the_order_in_which_words_are_heard_changes_nothing(policy: Policy, said: list[Word], order: object) -> None:
    shuffled = [*said, *said[:3]]
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    day = DAY + timedelta(days=30)
    before, after = judged(said, policy, day), judged(shuffled, policy, day)
    assert {ref: one.alerts for ref, one in before.items()} == {ref: one.alerts for ref, one in after.items()}
