"""Who sends what on which day: a year of sendings, the awkward ones included."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from shouwang.demo import exports, mess
from shouwang.demo.county import Absence, Allowance, Person, settle
from shouwang.demo.exports import Sheet
from shouwang.demo.lives import Move, Year, taken
from shouwang.demo.sendings import Outbox, Sending
from shouwang.demo.stories import Story, write_stories
from shouwang.demo.writing import Style, style_of

BEGIN, END = date(2025, 5, 31), date(2026, 6, 30)
"""The first list's day, and the day on which the stories are told."""

MISTAKEN, TAKEN_BACK = date(2025, 11, 12), date(2025, 11, 28)
"""When a child is reported missing by mistake, and when that is taken back."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The pretend county's year: its sendings in order, and the households to tell of."""

    county: str
    sendings: tuple[Sending, ...]
    stories: tuple[Story, ...]
    end: date
    households: int
    people: int


class Bureaus:
    """Five bureaus writing down one county's year."""

    def __init__(self, year: Year, outbox: Outbox) -> None:
        self.year, self.outbox = year, outbox
        self._mistaken: list[tuple[Person, Absence]] = []
        year.script.setdefault(MISTAKEN, []).append(self._mistake)

    def month_end(self, end: date) -> None:
        """The lists as of a month's end, sent within the first days of the next."""
        self.year.live(end)
        lists = [
            ("household", exports.homes(self.year.county, end), 3),
            ("allowance", exports.allowances(self.year.county, end), 3),
            ("self_paid_year", self._bills(end), 4),
        ]
        if end.month % 2:
            # The largest list comes every other month, what moves in between by increments: the year stays a minute.
            lists.insert(0, ("household_member", exports.roster(self.year.county, end), 2))
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
        if day == TAKEN_BACK:
            mistaken = exports.absences(self._mistaken, day).acting("撤回")
            self.outbox.send(
                sheet.acting("新增").with_rows([*sheet.acting("新增").rows, *mistaken.rows]), day, trouble="误报撤回"
            )
        elif not sheet.rows:
            self.outbox.send(sheet, day, trouble="零报告")
        else:
            self.outbox.send(self.outbox.spoilt(sheet), day)

    def _mistake(self) -> None:
        """A child is reported missing who was only ill for a day; the entry is taken back later."""
        year = self.year
        person = next(
            p for h, p in year.county.residents() if not h.scripted and 6 <= p.age(year.day) <= 12 and not p.absences
        )
        self._mistaken = [(person, year.miss_school(person, year.day, 5, "因病"))]
        person.absences.clear()

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
    outbox = Outbox(Random(seed + 1), stories)
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
