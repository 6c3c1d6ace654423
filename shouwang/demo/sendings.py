"""One file on its way to one door, and the outbox in which the bureaus get it ready."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random
from typing import Literal

from shouwang.demo import mess
from shouwang.demo.exports import DEPARTMENT, TITLES, Sheet
from shouwang.demo.stories import Story
from shouwang.demo.writing import Style, line_of, style_of, write

Settling = Literal["", "confirm", "discard"]
SUFFIX = {"xlsx": "xlsx", "utf-8-sig": "csv", "gb18030": "csv"}


@dataclass(frozen=True, slots=True)
class Sending:
    """One file on its way to one door."""

    department: str
    feed: str
    name: str
    day: date
    """When it is sent."""
    as_of: date
    told: bool
    """`as_of` goes along as a parameter; otherwise a 数据日期 column says it."""
    content: bytes
    rows: int
    trouble: str = ""
    settle: Settling = ""
    """What people do when the door holds it."""
    after: int = 0
    """Order within its day."""
    about: frozenset[int] = frozenset()
    """Which of the told households it names."""
    slips: tuple[tuple[int, int], ...] = ()
    """(told household, line) of each cell written wrongly about one."""


@dataclass(slots=True)
class Outbox:
    """What the five bureaus have got ready."""

    rng: Random
    stories: tuple[Story, ...]
    ready: list[Sending] = field(default_factory=list)

    @property
    def spare(self) -> frozenset[str]:
        """Numbers and codes of the told households: chance spoils none of their rows."""
        return frozenset(number for story in self.stories for number in (*story.numbers, story.home.code))

    def send(
        self,
        sheet: Sheet,
        day: date,
        *,
        trouble: str = "",
        settle: Settling = "",
        after: int = 0,
        style: Style | None = None,
    ) -> Sending:
        """Write a sheet in some clerk's way and put it into the calendar."""
        style = style or style_of(self.rng, dated=self.rng.random() < 0.5)
        slips = tuple(slip for story in self.stories for slip in story.slips)
        sending = Sending(
            department=DEPARTMENT[sheet.feed],
            feed=sheet.feed,
            name=f"{TITLES[sheet.feed]}_{sheet.as_of:%Y%m%d}.{SUFFIX[style.kind]}",
            day=day,
            as_of=sheet.as_of,
            # An empty file has no row that could carry a 数据日期.
            told=not (style.dated and sheet.rows),
            content=write(mess.slip(sheet, slips), style),
            rows=len(sheet.rows),
            trouble=trouble,
            settle=settle,
            after=after,
            about=frozenset(at for at, story in enumerate(self.stories) if _names(sheet, story)),
            slips=tuple(self._slip_lines(sheet, style)),
        )
        self.ready.append(sending)
        return sending

    def again(self, sending: Sending, days: int) -> None:
        """The same bytes once more, under another name."""
        day = sending.day + timedelta(days=days)
        self.ready.append(replace(sending, name=f"副本_{sending.name}", day=day, trouble="重复报送", after=5))

    def spoilt(self, sheet: Sheet) -> Sheet:
        """What a normal month does to a sheet."""
        rows = self.rng.choices((0, 1, 2, 3), (4, 4, 2, 1))[0]
        if self.rng.random() < 0.25:
            sheet = mess.twice(self.rng, sheet)
        if sheet.feed in ("allowance", "self_paid_year") and self.rng.random() < 0.2:
            sheet = mess.disagree(self.rng, sheet, self.spare)
        return mess.spoil(self.rng, sheet, rows, self.spare)

    def _slip_lines(self, sheet: Sheet, style: Style) -> Iterator[tuple[int, int]]:
        for at, story in enumerate(self.stories):
            wrong = {slip.number for slip in story.slips if (slip.feed, slip.as_of) == (sheet.feed, sheet.as_of)}
            for row, cells in enumerate(sheet.rows):
                if cells.get("身份证号") in wrong:
                    yield at, line_of(sheet, style, row)


def _names(sheet: Sheet, story: Story) -> bool:
    told = {*story.numbers, story.home.code}
    return any(row.get("身份证号") in told or row.get("户编号") in told for row in sheet.rows)
