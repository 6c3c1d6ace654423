"""The shape of what a feed sends, pure: rows against its own history, and columns that go empty."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Final

HISTORY: Final = 6
"""Earlier sendings that are looked at: half a year of a monthly list."""
ENOUGH: Final = 3
"""Fewer earlier ones are no history."""
LIST_BAND: Final = (0.8, 1.25)
"""A list outside four fifths to five fourths of its usual size is looked at (docs/feeds.md, "Held": four fifths)."""
INCREMENT_BAND: Final = (1 / 3, 3.0)
"""A month of increments outside a third to three times of the usual is looked at; ours, increments vary by nature."""
EMPTIER: Final = 0.2
"""A column whose share of empty cells grew by a fifth of all rows (docs/feeds.md, "Held": more than a fifth)."""


def change(counts: Sequence[int]) -> float | None:
    """How much the newest count differs from the one before, as a share of that; none without one before."""
    return counts[-1] / counts[-2] - 1 if len(counts) > 1 and counts[-2] else None


def unusual(counts: Sequence[int], band: tuple[float, float]) -> bool:
    """Whether the newest count is outside its band around the median of those before it."""
    before = counts[-1 - HISTORY : -1]
    if len(before) < ENOUGH:
        return False
    usual = median(before)
    low, high = band
    return not usual * low <= counts[-1] <= usual * high


def emptying(shares: Sequence[Mapping[str, float]]) -> tuple[str, ...]:
    """Columns that are much emptier in the newest sending than they used to be; `shares` are of empty cells."""
    if len(shares) < 2:
        return ()
    before, now = shares[-1 - HISTORY : -1], shares[-1]
    usual = {name: median(one[name] for one in before if name in one) for name in now if any(name in b for b in before)}
    return tuple(name for name, share in now.items() if name in usual and share - usual[name] >= EMPTIER)
