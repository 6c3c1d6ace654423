"""Feed health, pure: from a feed's rhythm, the days it was heard on and today, whether it is late or silent.

docs/feeds.md, "Rhythm": a due day rolls to the next working day; 晚到 is 1–5 working days after it, 静默 more; a feed
"at once" is silent after two months without a sending or a 零报告.
"""

from calendar import monthrange
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import takewhile
from typing import Final, Protocol

from shouwang.kit.workdays import WorkDays

LATE_DAYS: Final = 5
"""Working days after the due day that are 晚到; more is 静默 (docs/feeds.md, "Rhythm")."""
QUIET_MONTHS: Final = 2
"""A feed "at once" is silent after so many months (docs/feeds.md, "Rhythm")."""
_YEAR: Final = 12


class Rhythm(Protocol):
    """When a feed is due (a contract declares it)."""

    @property
    def months(self) -> tuple[int, ...]:
        """The months in which it is due; empty: it comes at once, whenever there is something."""

    @property
    def by(self) -> int:
        """The day of those months; beyond the month's end it is its last day."""


class State(StrEnum):
    """How a feed stands today."""

    FINE = "ok"
    LATE = "late"
    SILENT = "silent"
    NEVER = "never"
    """Nothing has come yet, and nothing was due yet."""


TITLES: Final = {State.FINE: "正常", State.LATE: "晚到", State.SILENT: "静默", State.NEVER: "未接入"}


@dataclass(frozen=True, slots=True)
class Health:
    """How a feed stands, and by what."""

    state: State
    last: date | None
    """The day of the newest sending."""
    due: date | None
    """The due day that is judged by: the first that was not met, else the one last met; none before the first."""
    overdue: int = 0
    """Working days after `due`: until the sending came, or until today."""
    missing: bool = False
    """True when what was due at `due` has not come."""

    @property
    def title(self) -> str:
        """正常, 晚到, 静默 or 未接入."""
        return TITLES[self.state]

    @property
    def silent(self) -> bool:
        """Whether what reads it is judged without it."""
        return self.state is State.SILENT

    def says(self, called: str) -> str:
        """What a person beside a judgement must know: 自10月5日起未收到医保数据; nothing when it is not silent."""
        if not self.silent:
            return ""
        if self.last is None:
            return f"启用以来没有收到过{called}数据"
        return f"自{self.last.month}月{self.last.day}日起未收到{called}数据"


def health(rhythm: Rhythm, days: Collection[date], today: date, since: date, workdays: WorkDays) -> Health:
    """How a feed stands on `today`, given the days on which it was heard; nothing was due before `since`."""
    heard = sorted(day for day in days if day <= today)
    if not rhythm.months:
        return _at_once(heard, today, since, workdays)
    last = heard[-1] if heard else None
    met = _nearest(rhythm, last, workdays) if last else None
    expected = next(due for due in _due_from(rhythm, since, workdays) if met is None or due > met)
    overdue = workdays.between(expected, today)
    if overdue:
        state = State.SILENT if overdue > LATE_DAYS else State.LATE
        return Health(state, last, expected, overdue, missing=True)
    if met is None:
        return Health(State.NEVER, None, None)
    late = workdays.between(met, _first_for(rhythm, met, heard, workdays)) if met >= since else 0
    return Health(State.LATE if late else State.FINE, last, met, late)


def _at_once(heard: list[date], today: date, since: date, workdays: WorkDays) -> Health:
    last = heard[-1] if heard else None
    due = _months_later(last or since, QUIET_MONTHS)
    if today > due:
        return Health(State.SILENT, last, due, workdays.between(due, today), missing=True)
    return Health(State.FINE if last else State.NEVER, last, due if last else None)


def _nearest(rhythm: Rhythm, day: date, workdays: WorkDays) -> date:
    """The due day a sending is nearest to: between two the later, since a list is sent for the date to come."""
    before = after = None
    for due in _due_from(rhythm, day - timedelta(days=2 * 366), workdays):
        if due >= day:
            after = due
            break
        before = due
    assert after is not None  # due days never end
    return after if before is None or after - day <= day - before else before


def _first_for(rhythm: Rhythm, met: date, heard: list[date], workdays: WorkDays) -> date:
    """The day on which what was due at `met`, which the newest sending is nearest to, first came."""
    return list(takewhile(lambda day: _nearest(rhythm, day, workdays) == met, reversed(heard)))[-1]


def _due_from(rhythm: Rhythm, first: date, workdays: WorkDays) -> Iterator[date]:
    """Due days that are not before `first`, in order, without end."""
    months = sorted(rhythm.months)
    # A due day at the end of December can roll into January.
    for year in range(first.year - 1, date.max.year):
        for month in months:
            due = workdays.roll(date(year, month, min(rhythm.by, monthrange(year, month)[1])))
            if due >= first:
                yield due


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.month - 1 + months, _YEAR)
    year, month = day.year + year, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
