"""Working days: Monday to Friday, except what a year's calendar says otherwise (domain.md: 调休)."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

ONE_DAY = timedelta(days=1)
_WEEKEND = 5
"""`date.weekday()` of Saturday."""


@dataclass(frozen=True, slots=True)
class WorkDays:
    """Which days are worked; a year nobody has entered counts Monday to Friday."""

    off: frozenset[date] = frozenset()
    """Holidays that would be working days."""
    worked: frozenset[date] = frozenset()
    """Weekend days that are worked."""

    def works(self, day: date) -> bool:
        """Whether it is a working day."""
        return day in self.worked or (day.weekday() < _WEEKEND and day not in self.off)

    def roll(self, day: date) -> date:
        """The day itself, or the next working day."""
        while not self.works(day):
            day += ONE_DAY
        return day

    def between(self, first: date, last: date) -> int:
        """Working days after `first` up to and with `last`; 0 when `last` is not later."""
        days = (first + timedelta(days=number) for number in range(1, (last - first).days + 1))
        return sum(self.works(day) for day in days)


def of_years(years: Iterable[tuple[Iterable[date], Iterable[date]]]) -> WorkDays:
    """From (days off, working days) of each year."""
    told = [(frozenset(off), frozenset(worked)) for off, worked in years]
    return WorkDays(frozenset().union(*(off for off, _ in told)), frozenset().union(*(worked for _, worked in told)))


def read_workdays(folder: Path | None) -> WorkDays:
    """From a folder of calendar files (`2026.toml`: `days_off`, `working_days`); none: Monday to Friday."""
    files = sorted(folder.glob("*.toml")) if folder else []
    years = [tomllib.loads(file.read_text(encoding="utf-8")) for file in files]
    return of_years((year["days_off"], year["working_days"]) for year in years)
