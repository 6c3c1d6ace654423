"""Who sends what on which day: a year of sendings, the awkward ones included."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random
from typing import Literal

from shouwang.demo import exports, mess
from shouwang.demo.county import Absence, Allowance, Person, settle
from shouwang.demo.exports import DEPARTMENT, TITLES, Sheet
from shouwang.demo.lives import Move, Year, taken
from shouwang.demo.stories import Slip, Story, write_stories
from shouwang.demo.writing import Style, style_of, write

Settling = Literal["", "confirm", "discard"]
SUFFIX = {"xlsx": "xlsx", "utf-8-sig": "csv", "gb18030": "csv"}
BEGIN, END = date(2025, 5, 31), date(2026, 6, 30)
"""The first list's day, and the day on which the stories are told."""


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


@dataclass(frozen=True, slots=True)
class Plan:
    """The pretend county's year: its sendings in order, and the households to tell of."""

    county: str
    sendings: tuple[Sending, ...]
    stories: tuple[Story, ...]
    end: date
    households: int
    people: int


@dataclass(slots=True)
class Outbox:
    """What the five bureaus have got ready."""

    rng: Random
    spare: frozenset[str]
    slips: tuple[Slip, ...]
    ready: list[Sending] = field(default_factory=list)

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
        name = f"{TITLES[sheet.feed]}_{sheet.as_of:%Y%m%d}.{SUFFIX[style.kind]}"
        # An empty file has no row that could carry a 数据日期.
        told = not (style.dated and sheet.rows)
        content = write(mess.slip(sheet, self.slips), style)
        department = DEPARTMENT[sheet.feed]
        sending = Sending(
            department, sheet.feed, name, day, sheet.as_of, told, content, len(sheet.rows), trouble, settle, after
        )
        self.ready.append(sending)
        return sending

    def again(self, sending: Sending, days: int) -> None:
        """The same bytes once more, under another name."""
        copy = f"副本_{sending.name}"
        self.ready.append(
            replace(sending, name=copy, day=sending.day + timedelta(days=days), trouble="重复报送", after=5)
        )

    def spoilt(self, sheet: Sheet) -> Sheet:
        """What a normal month does to a sheet."""
        rows = self.rng.choices((0, 1, 2, 3), (4, 4, 2, 1))[0]
        if self.rng.random() < 0.25:
            sheet = mess.twice(self.rng, sheet)
        if sheet.feed in ("allowance", "self_paid_year") and self.rng.random() < 0.2:
            sheet = mess.disagree(self.rng, sheet, self.spare)
        return mess.spoil(self.rng, sheet, rows, self.spare)


class Bureaus:
    """Five bureaus writing down one county's year."""

    def __init__(self, year: Year, outbox: Outbox) -> None:
        self.year, self.outbox = year, outbox

    def month_end(self, end: date) -> None:
        """The four lists as of a month's end, sent within the first days of the next."""
        self.year.live(end)
        lists = (
            ("household_member", exports.roster(self.year.county, end), 2),
            ("household", exports.homes(self.year.county, end), 3),
            ("allowance", exports.allowances(self.year.county, end), 3),
            ("self_paid_year", self._bills(end), 4),
        )
        for feed, sheet, days in lists:
            self._list(feed, sheet, end + timedelta(days=days))

    def _bills(self, end: date) -> Sheet:
        # In January the old year is reported a last time beside the new one: two lists in one file.
        years = (end.year - 1, end.year) if end.month == 1 else (end.year,)
        return exports.bills(self.year.county, end, *years)

    def _list(self, feed: str, sheet: Sheet, day: date) -> None:
        awkward = AWKWARD.get((feed, sheet.as_of.year, sheet.as_of.month))
        if awkward is not None:
            awkward(self.outbox, sheet, day)
        else:
            self.outbox.send(self.outbox.spoilt(sheet), day)

    def mid_month(self, day: date) -> None:
        """What is only reported when something happened, some of it at once, some once or twice a month."""
        self.year.live(day)
        news = self.year.news
        self._absences(taken(news.absences), day)
        if day.day >= 15:
            self.outbox.send(self.outbox.spoilt(exports.losses(taken(news.losses), day)), day)
        if day.day == 15:
            self._moves(taken(news.moves), day)
            self._allowances(taken(news.allowances), day)

    def _moves(self, moves: list[Move], day: date) -> None:
        known = {home.code for home in self.year.county.homes if home.on_roster}
        rows = [move for move in moves if move.code in known]
        if rows:
            self.outbox.send(exports.roster_changes(rows, day).acting("新增"), day)

    def _allowances(self, changes: list[tuple[Person, Allowance]], day: date) -> None:
        # The list of the month's end says them all; in between they are only reported at a quarter's end.
        if changes and day.month % 3 == 0:
            self.outbox.send(exports.allowance_changes(changes, day).acting("新增"), day)

    def _absences(self, found: list[tuple[Person, Absence]], day: date) -> None:
        sheet = exports.absences(found, day)
        if not sheet.rows:
            self.outbox.send(sheet, day, trouble="零报告")
        elif day.month % 4 == 2 and day.day == 15:
            self.outbox.send(self._with_withdrawal(sheet), day, trouble="误报撤回")
        else:
            self.outbox.send(self.outbox.spoilt(sheet), day)

    def _with_withdrawal(self, sheet: Sheet) -> Sheet:
        """The entry reported last is taken back: the child was only ill for a day."""
        acted = sheet.acting("新增")
        free = [row for row in acted.rows if row["身份证号"] not in self.outbox.spare]
        taken_back = [{**row, "操作": "撤回"} for row in free[-1:]]
        return acted.with_rows([*acted.rows, *taken_back])

    def correct_bill(self, story: Story, day: date) -> None:
        """The health bureau corrects the slip of a story by a file of one row."""
        self.year.live(day)
        number, year = story.slips[0].number, story.slips[0].as_of.year
        person = next(p for p in story.home.people if p.number == number)
        self.outbox.send(exports.bill_of(person, year, day).acting("更正"), day, trouble="更正")


def _half_list(outbox: Outbox, sheet: Sheet, day: date) -> None:
    outbox.send(mess.half(outbox.rng, sheet), day, trouble="半份名单", settle="discard")
    outbox.send(sheet, day, after=1)


def _wrong_unit(outbox: Outbox, sheet: Sheet, day: date) -> None:
    plain = replace(style_of(outbox.rng, dated=True), money="plain")
    outbox.send(mess.in_tenthousands(sheet), day, trouble="元误作万元", settle="discard", style=plain)
    outbox.send(sheet, day, after=1, style=plain)


def _column_gone(outbox: Outbox, sheet: Sheet, day: date) -> None:
    outbox.send(sheet.without("合规自付支出"), day, trouble="缺一列，县级确认", settle="confirm")


def _exported_again(outbox: Outbox, sheet: Sheet, day: date) -> None:
    outbox.send(sheet, day)
    outbox.send(sheet, day + timedelta(days=1), trouble="同一名单再次导出", after=1)


def _late(outbox: Outbox, sheet: Sheet, day: date) -> None:
    outbox.send(sheet, day + timedelta(days=36), trouble="迟到的旧名单", after=2)


def _twice(outbox: Outbox, sheet: Sheet, day: date) -> None:
    outbox.again(outbox.send(outbox.spoilt(sheet), day), 1)


def _no_id_column(outbox: Outbox, sheet: Sheet, day: date) -> None:
    plain = Style(names=(("身份证号", "身份编码"),), dated=True)
    outbox.send(sheet, day, trouble="身份证号一列被改名，整份退回", style=plain)
    outbox.send(outbox.spoilt(sheet), day, after=1)


Awkward = Callable[[Outbox, Sheet, date], None]
AWKWARD: dict[tuple[str, int, int], Awkward] = {
    ("household_member", 2025, 7): _twice,
    ("household", 2025, 8): _exported_again,
    ("self_paid_year", 2025, 8): _twice,
    ("allowance", 2025, 9): _no_id_column,
    ("household", 2025, 10): _late,
    ("household", 2025, 12): _half_list,
    ("household_member", 2026, 1): _exported_again,
    ("allowance", 2026, 2): _twice,
    ("self_paid_year", 2026, 3): _wrong_unit,
    ("household", 2026, 4): _column_gone,
    ("self_paid_year", 2026, 4): _exported_again,
}
"""Which list of which month goes wrong as a whole, and how."""


def pretend(seed: int = 7, households: int = 520, county: str = "532927") -> Plan:
    """The whole year from a seed: the same seed, the same bytes."""
    rng = Random(seed)
    year = Year(settle(county, rng, households - 3, date(2025, 5, 1)), date(2025, 5, 1))
    stories = write_stories(year)
    spare = frozenset(n for s in stories for n in s.numbers) | {s.home.code for s in stories}
    outbox = Outbox(Random(seed + 1), spare, tuple(slip for s in stories for slip in s.slips))
    bureaus = Bureaus(year, outbox)
    for step in _steps(bureaus, stories[1]):
        step()
    sendings = tuple(sorted(outbox.ready, key=lambda s: (s.day, s.after)))
    people = sum(1 for _ in year.county.residents())
    return Plan(county, sendings, stories, END, len(year.county.homes), people)


def _steps(bureaus: Bureaus, corrected: Story) -> Iterator[Callable[[], None]]:
    end = BEGIN
    while end < END:
        yield lambda end=end: bureaus.month_end(end)  # type: ignore[misc]
        for day in (5, 15, 28):
            yield lambda day=end + timedelta(days=day): bureaus.mid_month(day)  # type: ignore[misc]
            if (end.month, day) == (9, 15):
                yield lambda: bureaus.correct_bill(corrected, date(2025, 10, 16))
        end = (end + timedelta(days=32)).replace(day=1) - timedelta(days=1)
