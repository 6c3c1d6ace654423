"""Feed health: due days that roll, 晚到, 静默, and what holds whatever the days are."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shouwang.kit import feed_shape
from shouwang.kit.feed_health import LATE_DAYS, State, health
from shouwang.kit.workdays import WorkDays, read_workdays

CALENDAR = Path("services/alerts/rulebook/calendar")
WORKDAYS = read_workdays(CALENDAR)
SINCE = date(2026, 1, 10)
ALWAYS = tuple(range(1, 13))


@dataclass(frozen=True)
class Due:
    """A rhythm."""

    months: tuple[int, ...] = ALWAYS
    by: int = 5


MONTHLY, AT_ONCE, APRIL = Due(), Due(()), Due((4,), 31)


@pytest.mark.parametrize(
    ("day", "rolled"),
    [
        (date(2026, 11, 5), date(2026, 11, 5)),
        (date(2026, 9, 5), date(2026, 9, 7)),  # a Saturday
        (date(2026, 10, 5), date(2026, 10, 8)),  # within the national holiday
        (date(2026, 2, 28), date(2026, 2, 28)),  # a Saturday that is worked
        (date(2027, 10, 5), date(2027, 10, 5)),  # a year without a calendar: Monday to Friday
        (date(2027, 10, 2), date(2027, 10, 4)),
    ],
)
def test_a_due_day_rolls_to_the_next_working_day(day: date, rolled: date) -> None:
    assert WORKDAYS.roll(day) == rolled


@pytest.mark.parametrize(
    ("today", "state", "overdue"),
    [
        (date(2026, 11, 5), State.FINE, 0),
        (date(2026, 11, 6), State.LATE, 1),
        (date(2026, 11, 8), State.LATE, 1),  # a Sunday adds nothing
        (date(2026, 11, 12), State.LATE, 5),
        (date(2026, 11, 13), State.SILENT, 6),
        (date(2026, 11, 24), State.SILENT, 13),
        (date(2026, 12, 7), State.SILENT, 22),  # the next due day makes nothing better
    ],
)
def test_late_is_one_to_five_working_days_and_silent_more(today: date, state: State, overdue: int) -> None:
    found = health(MONTHLY, [date(2026, 10, 5)], today, SINCE, WORKDAYS)
    assert (found.state, found.overdue, found.last) == (state, overdue, date(2026, 10, 5))
    assert found.due == (date(2026, 11, 5) if overdue else date(2026, 10, 8))


def test_what_came_late_stays_late_until_the_next_is_due() -> None:
    heard = [date(2026, 10, 8), date(2026, 11, 6)]
    for today in (date(2026, 11, 6), date(2026, 12, 4)):
        found = health(MONTHLY, heard, today, SINCE, WORKDAYS)
        assert (found.state, found.overdue, found.missing) == (State.LATE, 1, False)
    assert health(MONTHLY, [*heard, date(2026, 12, 3)], date(2026, 12, 4), SINCE, WORKDAYS).state is State.FINE


def test_what_came_after_it_was_silent_is_late_and_no_longer_missing() -> None:
    found = health(MONTHLY, [date(2026, 10, 8), date(2026, 11, 16)], date(2026, 11, 17), SINCE, WORKDAYS)
    assert (found.state, found.overdue, found.missing) == (State.LATE, 7, False)


def test_a_sending_counts_for_the_due_day_it_is_nearest_to() -> None:
    early, late = date(2026, 10, 25), date(2026, 10, 19)
    assert health(MONTHLY, [early], date(2026, 11, 9), SINCE, WORKDAYS).due == date(2026, 11, 5)
    assert health(MONTHLY, [late], date(2026, 11, 9), SINCE, WORKDAYS).state is State.LATE


def test_nothing_was_due_before_the_county_began() -> None:
    begun = date(2026, 11, 10)
    assert health(MONTHLY, [], date(2026, 11, 20), begun, WORKDAYS).state is State.NEVER
    assert health(MONTHLY, [], date(2026, 12, 8), begun, WORKDAYS).state is State.LATE  # due rolls to 12-07
    found = health(MONTHLY, [], date(2026, 12, 30), begun, WORKDAYS)
    assert found.says("医保年度累计自付") == "启用以来没有收到过医保年度累计自付数据"
    assert health(MONTHLY, [begun], date(2026, 11, 20), begun, WORKDAYS).state is State.FINE


def test_the_end_of_april_is_the_30th_and_once_a_year() -> None:
    assert health(APRIL, [date(2026, 4, 28)], date(2027, 4, 30), SINCE, WORKDAYS).state is State.FINE
    assert health(APRIL, [date(2026, 4, 28)], date(2027, 5, 3), SINCE, WORKDAYS).state is State.LATE


@pytest.mark.parametrize(
    ("last", "today", "silent"),
    [
        (date(2026, 6, 15), date(2026, 8, 15), False),
        (date(2026, 6, 15), date(2026, 8, 16), True),
        (date(2025, 12, 31), date(2026, 2, 28), False),
        (date(2025, 12, 31), date(2026, 3, 1), True),
    ],
)
def test_a_feed_at_once_is_silent_after_two_months(last: date, today: date, silent: bool) -> None:
    found = health(AT_ONCE, [last], today, SINCE, WORKDAYS)
    assert found.silent == silent
    assert found.says("住院结算") == (f"自{last.month}月{last.day}日起未收到住院结算数据" if silent else "")


DAYS = st.dates(date(2026, 1, 10), date(2027, 12, 31))
RHYTHMS = st.one_of(
    st.just(AT_ONCE),
    st.builds(Due, st.sets(st.integers(1, 12), min_size=1).map(lambda some: tuple(sorted(some))), st.integers(1, 31)),
)
WORSE = {State.NEVER: 0, State.FINE: 0, State.LATE: 1, State.SILENT: 2}


@settings(deadline=None)
@given(RHYTHMS, st.sets(DAYS, max_size=8), DAYS)
def test_without_a_sending_a_feed_that_has_become_worse_stays_so(rhythm: Due, heard: set[date], start: date) -> None:
    before = {day for day in heard if day <= start}
    missing = [
        WORSE[found.state] if found.missing else 0
        for found in (health(rhythm, before, start + timedelta(days=n), SINCE, WORKDAYS) for n in range(0, 90, 3))
    ]
    assert missing == sorted(missing)


@settings(deadline=None)
@given(RHYTHMS, st.sets(DAYS, max_size=8), DAYS)
def test_a_sending_today_ends_every_silence(rhythm: Due, heard: set[date], today: date) -> None:
    found = health(rhythm, heard | {today}, today, SINCE, WORKDAYS)
    assert found.last == today
    assert not found.silent
    assert found.overdue <= LATE_DAYS or found.state is State.LATE


@settings(deadline=None)
@given(RHYTHMS, st.sets(DAYS, max_size=8), DAYS)
def test_neither_order_nor_repetition_nor_the_future_matters(rhythm: Due, heard: set[date], today: date) -> None:
    plain = health(rhythm, heard, today, SINCE, WORKDAYS)
    told = [*sorted(heard, reverse=True), *heard, today + timedelta(days=3)]
    assert health(rhythm, told, today, SINCE, WORKDAYS) == plain


@settings(deadline=None)
@given(st.sets(st.integers(1, 12), min_size=1), st.integers(1, 31), DAYS)
def test_a_bureau_that_sends_on_every_day_is_never_missing(months: set[int], by: int, today: date) -> None:
    every = [SINCE + timedelta(days=n) for n in range((today - SINCE).days + 1)]
    assert not health(Due(tuple(months), by), every, today, SINCE, WorkDays()).missing


def test_a_count_is_unusual_only_against_a_history_of_its_own() -> None:
    assert not feed_shape.unusual([1000, 1000, 100], feed_shape.LIST_BAND)
    assert feed_shape.unusual([1000, 1000, 1000, 799], feed_shape.LIST_BAND)
    assert not feed_shape.unusual([1000, 1000, 1000, 800], feed_shape.LIST_BAND)
    assert not feed_shape.unusual([1000, 1000, 1000, 1250], feed_shape.LIST_BAND)
    assert feed_shape.unusual([1000, 1000, 1000, 1251], feed_shape.LIST_BAND)
    assert feed_shape.unusual([30, 30, 30, 9], feed_shape.INCREMENT_BAND)
    assert feed_shape.change([1000, 769]) == pytest.approx(-0.231)
    assert feed_shape.change([1000]) is None


def test_a_column_that_goes_empty_is_named_and_one_that_always_was_is_not() -> None:
    usual = {"个人自付": 0.0, "大病保险支付": 0.9, "医疗总费用": 0.05}
    now = {"个人自付": 0.2, "大病保险支付": 1.0, "医疗总费用": 0.24, "新列": 1.0}
    assert feed_shape.emptying([usual, usual, now]) == ("个人自付",)
    assert feed_shape.emptying([now]) == ()
