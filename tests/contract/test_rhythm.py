"""When a feed is due, as the contract's data says it (docs/feeds.md, "Rhythm")."""

import pytest

from contracts.catalogue import FACTS
from contracts.rhythm import AT_ONCE, EVERY_TERM, LAST_DAY, Rhythm, monthly, yearly
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


def test_a_rhythm_says_how_often_in_a_word() -> None:
    assert [one.every for one in (monthly(), EVERY_TERM, yearly(4), AT_ONCE)] == ["month", "term", "year", "event"]


def test_a_year_ends_its_month_and_a_month_has_its_day() -> None:
    assert (yearly(month=4).months, yearly(month=4).by) == ((4,), LAST_DAY)
    assert (len(monthly(by=5).months), monthly(by=5).by) == (12, 5)


@pytest.mark.parametrize("wrong", [{}, {"months": (4,), "by": 32}, {"months": (0,)}])
def test_a_rhythm_that_never_comes_or_has_no_such_day_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="a rhythm has"):
        Rhythm(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("type_", FACTS)
def test_a_list_is_due_at_times_and_a_rhythm_is_the_documents(type_: str) -> None:
    meta = FACTS[type_].meta
    assert meta.rhythm == DUE.get(type_, meta.rhythm)
    assert meta.rhythm.months or meta.shape is Shape.INCREMENT
