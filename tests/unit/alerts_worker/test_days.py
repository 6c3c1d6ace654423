"""When a county's day turns: caught up, or after a long enough wait; never back, never before its first batch."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import pytest

from services.alerts.store.ledger import CountyLedger
from services.alerts.worker.days import PATIENCE, Days
from shouwang.kit.clock import SHANGHAI, FixedClock
from tests.stores import COUNTY, FIRST_DAY

NEXT_DAY = FIRST_DAY + timedelta(days=1)


class Turned:
    """A ledger of one county, and the days it was turned to."""

    def __init__(self, day: date | None) -> None:
        self.ledger = CountyLedger(day=day)
        self.looks = 0

    def counties(self, partition: int) -> Mapping[str, CountyLedger]:
        self.looks += 1
        return {COUNTY.code: self.ledger}

    def turn_day(self, county: str, day: date) -> None:
        assert county == COUNTY.code
        self.ledger.day = day


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 6, 16, 0, 0, 1, tzinfo=SHANGHAI), {COUNTY.code: NEXT_DAY})


def test_a_later_day_is_due_and_turns_once_all_is_read(clock: FixedClock) -> None:
    stages = Turned(FIRST_DAY)
    days = Days(stages, clock)
    day = days.due(COUNTY, 1)
    assert day == NEXT_DAY
    assert not days.turn(COUNTY, day, caught_up=False)
    assert stages.ledger.day == FIRST_DAY
    assert days.turn(COUNTY, day, caught_up=True)
    assert stages.ledger.day == NEXT_DAY
    assert days.due(COUNTY, 1) is None


def test_a_day_that_has_waited_two_hours_turns_although_words_are_unread(clock: FixedClock) -> None:
    stages = Turned(FIRST_DAY)
    days = Days(stages, clock)
    day = days.due(COUNTY, 1)
    assert day is not None
    clock.set(clock.now() + PATIENCE - timedelta(seconds=1))
    assert not days.turn(COUNTY, day, caught_up=False)
    clock.set(clock.now() + timedelta(seconds=1))
    assert days.turn(COUNTY, day, caught_up=False)


def test_before_a_countys_first_batch_no_day_is_due(clock: FixedClock) -> None:
    assert Days(Turned(None), clock).due(COUNTY, 1) is None


def test_a_day_never_goes_back(clock: FixedClock) -> None:
    assert Days(Turned(NEXT_DAY + timedelta(days=3)), clock).due(COUNTY, 1) is None


def test_a_day_that_has_not_come_costs_no_look_at_the_ledger(clock: FixedClock) -> None:
    stages = Turned(NEXT_DAY)
    days = Days(stages, clock)
    for _ in range(100):
        assert days.due(COUNTY, 1) is None
    assert stages.looks == 1
    days.forget()
    assert days.due(COUNTY, 1) is None
    assert stages.looks == 2
