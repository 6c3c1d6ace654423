"""The clock and the county's day."""

from datetime import date, datetime
from pathlib import Path

from shouwang.kit.clock import SHANGHAI, FixedClock, SystemClock, TrialClock

COUNTY = "532927"


def test_the_real_day_is_that_of_shanghai() -> None:
    clock = SystemClock()
    assert clock.now().utcoffset() == datetime.now(SHANGHAI).utcoffset()
    assert clock.today(COUNTY) in (clock.now().date(), datetime.now(SHANGHAI).date())


def test_a_trial_is_at_the_real_day_until_it_is_turned(tmp_path: Path) -> None:
    assert TrialClock(tmp_path / "day.json").today(COUNTY) == SystemClock().today(COUNTY)


def test_a_turn_is_seen_by_every_clock_on_the_same_file(tmp_path: Path) -> None:
    one, other = TrialClock(tmp_path / "day.json"), TrialClock(tmp_path / "day.json")
    for day in (date(2026, 6, 15), date(2026, 6, 16), date(2026, 6, 14)):
        one.turn(COUNTY, day)
        assert other.today(COUNTY) == day


def test_turning_one_county_leaves_the_others(tmp_path: Path) -> None:
    clock = TrialClock(tmp_path / "day.json")
    clock.turn(COUNTY, date(2026, 6, 15))
    clock.turn("532928", date(2026, 7, 1))
    assert clock.today(COUNTY) == date(2026, 6, 15)
    assert clock.today("532928") == date(2026, 7, 1)


def test_nothing_but_the_day_file_stays_behind(tmp_path: Path) -> None:
    TrialClock(tmp_path / "day.json").turn(COUNTY, date(2026, 6, 15))
    assert [file.name for file in tmp_path.iterdir()] == ["day.json"]


def test_a_fixed_clock_stands_where_it_is_put() -> None:
    clock = FixedClock(datetime(2026, 6, 15, 23, 59, tzinfo=SHANGHAI))
    assert clock.today(COUNTY) == date(2026, 6, 15)
    clock.turn(COUNTY, date(2026, 6, 20))
    clock.set(datetime(2026, 6, 16, tzinfo=SHANGHAI))
    assert (clock.today(COUNTY), clock.today("532928")) == (date(2026, 6, 20), date(2026, 6, 16))
