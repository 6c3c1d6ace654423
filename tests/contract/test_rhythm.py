"""When a feed is due, as the contract's data says it (docs/feeds.md, "Rhythm")."""

from datetime import date

import pytest

from contracts.catalogue import FACTS
from contracts.rhythm import AT_ONCE, EVERY_TERM, Rhythm, monthly, yearly
from contracts.vocabulary import Shape

DUE = {
    "education.school_absence.v1": monthly(by=5, at_once=True),
    "education.enrolment.v1": EVERY_TERM,
    "education.school_cost.v1": yearly(month=4),
    "health.self_paid_year.v1": monthly(by=5),
    "health.outpatient_month.v1": monthly(by=5),
    "health.serious_illness.v1": monthly(by=5),
    "rural_affairs.village_event.v1": AT_ONCE,
}
"""What the table of docs/feeds.md says beyond "monthly"."""


def test_a_monthly_feed_is_due_on_its_day_of_every_month() -> None:
    due = monthly(by=5).due_days(date(2025, 12, 5), date(2026, 2, 5))
    assert due == [date(2026, 1, 5), date(2026, 2, 5)]


def test_without_a_day_a_feed_is_due_by_the_months_last() -> None:
    assert monthly().due_days(date(2024, 1, 31), date(2024, 3, 30)) == [date(2024, 2, 29)]
    assert yearly(month=4).due_days(date(2025, 1, 1), date(2027, 1, 1)) == [date(2025, 4, 30), date(2026, 4, 30)]
    assert EVERY_TERM.due_days(date(2025, 9, 1), date(2026, 4, 1)) == [date(2025, 9, 30), date(2026, 3, 31)]


def test_what_is_sent_at_once_is_never_due() -> None:
    assert AT_ONCE.due_days(date(2020, 1, 1), date(2030, 1, 1)) == []


def test_a_rhythm_says_how_often_in_a_word() -> None:
    assert [one.every for one in (monthly(), EVERY_TERM, yearly(4), AT_ONCE)] == ["month", "term", "year", "event"]


@pytest.mark.parametrize("wrong", [{}, {"months": (4,), "by": 30}])
def test_a_rhythm_that_never_comes_or_has_a_day_not_every_month_has_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="a rhythm has"):
        Rhythm(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("type_", FACTS)
def test_a_list_is_due_at_times_and_every_rhythm_is_the_documents(type_: str) -> None:
    meta = FACTS[type_].meta
    assert meta.rhythm == DUE.get(type_, monthly() if meta.shape is Shape.LIST else AT_ONCE)
