"""Rhythm: when a feed is due, as data; what the silent-feed watch knows (docs/feeds.md, "Rhythm"). Pure."""

from dataclasses import dataclass
from typing import Final, Literal

LAST_DAY: Final = 31
FIFTH: Final = 5
"""The one day docs/feeds.md names for what is monthly; it also holds for monthly lists of which it names none."""

Every = Literal["month", "term", "year", "event"]


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The months in which a feed is due, and until which day of them."""

    months: tuple[int, ...] = ()
    """1 to 12; empty: it is never due, it comes whenever there is something."""
    by: int = LAST_DAY
    """Day of the month; beyond the month's end it is its last."""
    at_once: bool = False
    """True when what is found is also sent at once."""

    def __post_init__(self) -> None:
        if not (self.months or self.at_once) or not {self.by, *self.months} <= set(range(1, LAST_DAY + 1)):
            raise ValueError("a rhythm has months or is at once, and a day of the month")

    @property
    def every(self) -> Every:
        """How often, in a word."""
        words: dict[int, Every] = {0: "event", 1: "year", 2: "term"}
        return words.get(len(self.months), "month")


def monthly(by: int = FIFTH, *, at_once: bool = False) -> Rhythm:
    """Every month, by a day of the next one."""
    return Rhythm(tuple(range(1, 13)), by, at_once)


def yearly(month: int) -> Rhythm:
    """Once a year, by the end of a month."""
    return Rhythm((month,))


EVERY_TERM: Final = Rhythm((4, 10), FIFTH)
"""Like a monthly list, for the month in which the spring term (March) and the autumn term (September) have begun."""

AT_ONCE: Final = Rhythm(at_once=True)
"""When something happens."""
