"""Rhythm: when a feed is due, as data; what the silent-feed watch knows (docs/feeds.md, "Rhythm"). Pure."""

import calendar
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

LATE_WORKING_DAYS: Final = 5
"""晚到 is 1 to 5 working days after the due day, 静默 more (docs/feeds.md, "Rhythm")."""

QUIET_MONTHS: Final = 2
"""A feed "at once" is silent after two months without a sending or an empty increment (docs/feeds.md, "Rhythm")."""

Every = Literal["month", "term", "year", "event"]


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The months in which a feed is due and until which day; a month without one is due by its end."""

    months: tuple[int, ...] = ()
    """1 to 12; empty: it is never due, only sent when something happens."""
    by: int | None = None
    """Day of the month, at most 28; None: its last day."""
    at_once: bool = False
    """True when what is found is also sent at once."""

    def __post_init__(self) -> None:
        if not (self.months or self.at_once) or self.by not in (None, *range(1, 29)):
            raise ValueError("a rhythm has months or is at once, and a day of 1 to 28 or the month's last")

    @property
    def every(self) -> Every:
        """How often, in a word."""
        words: dict[int, Every] = {0: "event", 1: "year", 2: "term"}
        return words.get(len(self.months), "month")

    def due_days(self, after: date, until: date) -> list[date]:
        """The due days with after < day ≤ until, oldest first, before they roll to a working day."""
        months = ((year, month) for year in range(after.year, until.year + 1) for month in self.months)
        days = (date(year, month, self.by or calendar.monthrange(year, month)[1]) for year, month in months)
        return [day for day in days if after < day <= until]


def monthly(by: int | None = None, *, at_once: bool = False) -> Rhythm:
    """Every month, by a day of it; without one, by its last."""
    return Rhythm(tuple(range(1, 13)), by, at_once)


def yearly(month: int) -> Rhythm:
    """Once a year, by the end of a month."""
    return Rhythm((month,))


EVERY_TERM: Final = Rhythm((3, 9))
"""By the end of the month in which the spring and the autumn term have begun."""

AT_ONCE: Final = Rhythm(at_once=True)
"""When something happens."""
