"""Parameters: lines and thresholds by class, place and first day; documents name them, never their numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

MEMO = 4096
"""Looked-up values kept per parameter; a county's day needs a few (classes times villages with lines of their own)."""


@dataclass(frozen=True, slots=True)
class Line:
    """One value and where it holds; an empty class or place is every other one."""

    value: Decimal
    valid_from: date
    class_: str = ""
    place: str = ""
    """A prefix of the village code: county, township or village."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A named threshold with its source; `unit` is 元 or 倍."""

    name: str
    title: str
    unit: str
    source: str
    lines: tuple[Line, ...]
    yearly: bool = False
    """A line of its own is expected every year."""
    _memo: dict[tuple[str, str, date], tuple[Decimal | None, date | None]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def value(self, class_: str, village: str, day: date) -> tuple[Decimal | None, date | None]:
        """The value that holds (unknown before the first line), and the next day on which a line begins."""
        asked = (class_, village, day)
        found = self._memo.get(asked)
        if found is None:
            if len(self._memo) >= MEMO:
                self._memo.clear()
            found = self._memo[asked] = self._find(class_, village, day), self._next_change(day)
        return found

    def _find(self, class_: str, village: str, day: date) -> Decimal | None:
        fitting = [
            (bool(line.class_), len(line.place), line.valid_from, line.value)
            for line in self.lines
            if line.valid_from <= day and line.class_ in ("", class_) and village.startswith(line.place)
        ]
        return max(fitting)[3] if fitting else None

    def _next_change(self, day: date) -> date | None:
        return min((line.valid_from for line in self.lines if line.valid_from > day), default=None)

    def kept_from(self, class_: str, village: str, day: date) -> int | None:
        """The year whose line still counts although a later year was to have one of its own; None: nothing is amiss."""
        begun = [
            line.valid_from.year
            for line in self.lines
            if line.valid_from <= day and line.class_ in ("", class_) and village.startswith(line.place)
        ]
        return max(begun) if self.yearly and begun and max(begun) < day.year else None

    @property
    def by_place(self) -> bool:
        """True when some line holds for a part of the county only."""
        return any(line.place for line in self.lines)

    @property
    def values(self) -> frozenset[Decimal]:
        """Every value that ever holds: each is a boundary of its own."""
        return frozenset(line.value for line in self.lines)

    def newest(self) -> Mapping[str, Decimal]:
        """Per class the latest line, for reading aloud; lines of single places are left out."""
        lines = sorted((line for line in self.lines if not line.place), key=lambda line: line.valid_from)
        return {line.class_: line.value for line in lines}
