"""What each bureau's system exports on a day: plain tables, in the bureaus' own columns."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from shouwang.demo.county import Absence, Allowance, Bill, County, Home, JobLoss, Person
from shouwang.demo.lives import Move

Cell = str | int | float | Decimal | date | None
Row = dict[str, Cell]

PERSON = ("姓名", "身份证号")
COLUMNS: dict[str, tuple[str, ...]] = {
    "household_member": (*PERSON, "户编号", "村代码", "与户主关系", "生效日期", "变动"),
    "allowance": (*PERSON, "类别", "金额", "起始日期", "终止日期", "状态"),
    "household": (
        *("户编号", "户主姓名", "村代码", "村民小组", "户类型", "人均纯收入", "合规自付支出", "住房等级"),
        *("是否唯一住房", "饮水安全", "整户无劳动能力兜底保障户"),
    ),
    "school_absence": (*PERSON, "台账编号", "学校", "学段", "年级", "缺课天数", "发现日期", "状态", "原因"),
    "self_paid_year": (*PERSON, "年度", "医疗总费用", "基本医保支付", "大病保险支付", "医疗救助支付", "个人自付"),
    "unemployment": (*PERSON, "登记编号", "失业日期", "登记日期", "原工作单位", "失业原因", "状态"),
}
TITLES = {
    "household_member": "户成员名册",
    "allowance": "救助待遇",
    "household": "农户基本信息",
    "school_absence": "疑似辍学台账",
    "self_paid_year": "年度累计自付",
    "unemployment": "失业登记",
}
DEPARTMENT = {
    "household_member": "civil_affairs",
    "allowance": "civil_affairs",
    "household": "rural_affairs",
    "school_absence": "education",
    "self_paid_year": "health",
    "unemployment": "human_resources",
}
AMOUNTS = (
    "金额",
    "人均纯收入",
    "合规自付支出",
    "医疗总费用",
    "基本医保支付",
    "大病保险支付",
    "医疗救助支付",
    "个人自付",
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of one feed as of a day; cells are what is meant, not yet how it is written."""

    feed: str
    as_of: date
    rows: list[Row] = field(default_factory=list)
    columns: tuple[str, ...] = ()

    @property
    def shown(self) -> tuple[str, ...]:
        """Its columns in the order of the template."""
        return self.columns or COLUMNS[self.feed]

    def with_rows(self, rows: Iterable[Row]) -> "Sheet":
        """The same sheet with other rows."""
        return replace(self, rows=list(rows))

    def without(self, column: str) -> "Sheet":
        """The same sheet after somebody deleted a column."""
        return replace(self, columns=tuple(c for c in self.shown if c != column))

    def acting(self, action: str) -> "Sheet":
        """Every row carries the same 操作, which makes it an increment on any feed."""
        rows = [{**row, "操作": action} for row in self.rows]
        return replace(self, columns=(*self.shown, "操作"), rows=rows)


def roster(county: County, day: date) -> Sheet:
    """户成员名册: everybody who lives in a household the office knows."""
    rows: list[Row] = [
        _member(person, home.code, home.village, person.relation, person.since, "在户")
        for home in county.homes
        if home.on_roster
        for person in home.people
    ]
    return Sheet("household_member", day, rows)


def roster_changes(moves: Sequence[Move], day: date) -> Sheet:
    """户成员名册, only what changed."""
    rows = [_member(m.person, m.code, m.village, m.relation, m.on, m.change) for m in moves]
    return Sheet("household_member", day, rows)


def _member(person: Person, code: str, village: str, relation: str, since: date, change: str) -> Row:
    cells = (person.name, person.number, code, village, relation, since, change)
    return dict(zip(COLUMNS["household_member"], cells, strict=True))


def allowances(county: County, day: date) -> Sheet:
    """救助待遇: every benefit that has not been over for long."""
    held = [(p, a) for _, p in county.residents() for a in p.allowances if a.end is None or (day - a.end).days < 200]
    return allowance_changes(held, day)


def allowance_changes(held: Iterable[tuple[Person, Allowance]], day: date) -> Sheet:
    """救助待遇, these only."""
    cells = ((p.name, p.number, a.kind, a.amount, a.start, a.end, a.state) for p, a in held)
    return _sheet("allowance", day, cells)


def homes(county: County, day: date) -> Sheet:
    """农户基本信息: every household that has anybody left."""
    cells = (
        (h.code, h.head.name, h.village, h.group, h.kind, h.income, h.spending, *_dwelling(h))
        for h in county.homes
        if h.people and h.on_roster
    )
    return _sheet("household", day, cells)


def _dwelling(home: Home) -> tuple[Cell, ...]:
    return (home.dwelling, home.only_dwelling, home.water, home.backstop)


def absences(found: Iterable[tuple[Person, Absence]], day: date) -> Sheet:
    """疑似辍学台账: what is new in the ledger."""
    cells = (
        (p.name, p.number, a.entry, a.school, a.stage, a.grade, a.days, a.found, a.state, a.cause) for p, a in found
    )
    return _sheet("school_absence", day, cells)


def losses(found: Iterable[tuple[Person, JobLoss]], day: date) -> Sheet:
    """失业登记: what is new in the register."""
    cells = ((p.name, p.number, u.entry, u.lost, u.registered, u.employer, u.cause, u.state) for p, u in found)
    return _sheet("unemployment", day, cells)


def bills(county: County, day: date, *years: int) -> Sheet:
    """年度累计自付: everyone treated in these years, cumulative."""
    treated = ((p, y, p.bills[y]) for y in years for _, p in county.residents() if y in p.bills)
    return _sheet("self_paid_year", day, (_bill(p, year, bill) for p, year, bill in treated))


def bill_of(person: Person, year: int, day: date) -> Sheet:
    """年度累计自付 of one person."""
    return _sheet("self_paid_year", day, [_bill(person, year, person.bills[year])])


def _bill(person: Person, year: int, bill: Bill) -> tuple[Cell, ...]:
    return (person.name, person.number, str(year), bill.total, bill.insured, bill.serious, bill.relief, bill.own)


def _sheet(feed: str, day: date, cells: Iterable[tuple[Cell, ...]]) -> Sheet:
    return Sheet(feed, day, [dict(zip(COLUMNS[feed], values, strict=True)) for values in cells])
