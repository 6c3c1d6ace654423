"""What the plain recomputation reads a row of docs/rulepack.md with: three answers, days, words, lists."""

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

Entry = Mapping[str, Any]
"""One accepted word: type, subject, key, op, as_of, stated_at, line, id, data."""
Told = bool | None
"""Yes, no, cannot tell."""

MEMBER = "civil_affairs.household_member.v1"
ALLOWANCE = "civil_affairs.allowance.v1"
HOUSEHOLD = "rural_affairs.household.v1"
MONITORED = "rural_affairs.monitored.v1"
CONDITION = "rural_affairs.member_condition.v1"
EVENT = "rural_affairs.village_event.v1"
ABSENCE = "education.school_absence.v1"
ENROLMENT = "education.enrolment.v1"
SCHOOL_COST = "education.school_cost.v1"
SELF_PAID = "health.self_paid_year.v1"
STAY = "health.hospital_stay.v1"
OUTPATIENT = "health.outpatient_month.v1"
ILLNESS = "health.serious_illness.v1"
INSURANCE = "health.insurance_year.v1"
UNEMPLOYMENT = "human_resources.unemployment.v1"
MIGRANT = "human_resources.migrant_work.v1"
CONTRIBUTION = "human_resources.insured_month.v1"

BELONGS = {"在户", "迁入", "出生", "分户"}
INCOME_LINES = ((date(2022, 1, 1), 7000), (date(2023, 1, 1), 8050), (date(2025, 1, 1), 8700))
NO_LABOUR = ("丧失劳动力", "无劳动力")
HIGHER = ("普通高中", "中职", "高职高专", "本科", "硕士及以上")
ILL = ("medical_burden", "hospital_stay_cost", "outpatient_cost", "serious_illness")
WORK = ("job_lost", "came_home", "contributions_stopped")
OF_PERSONS = (*ILL, "not_insured", "dropout", "school_cost", *WORK, "new_allowance", "newly_disabled")
KINDS = {
    **dict.fromkeys((*ILL, "not_insured"), "因病"),
    **dict.fromkeys(("dropout", "school_cost"), "因学"),
    **dict.fromkeys(WORK, "务工就业不稳"),
    "new_allowance": "其他",
    "newly_disabled": "因残",
    "unsafe_dwelling": "因安全住房",
    "unsafe_water": "因安全饮水",
    "low_income": "收入",
    "no_labour": "缺劳动力",
}
"""What cross_department counts: without medical_burden_near, no_measure and the village's signals."""
RISKS = {
    "illness": "因病",
    "schooling": "因学",
    "livelihood": "务工就业不稳",
    "disability": "因残",
    "housing": "因安全住房",
    "water": "因安全饮水",
}


@dataclass(frozen=True, order=True)
class Signal:
    """A standing signal: its id, whose, of which department, and the word it was read from first."""

    id: str
    subject: str
    department: str
    word: str
    on: date | None = field(default=None, compare=False)


def every(*answers: Told) -> Told:
    """All of them hold."""
    if False in answers:
        return False
    return None if None in answers else True


def some(answers: Iterable[Told]) -> Told:
    """One of them holds."""
    said = list(answers)
    if True in said:
        return True
    return None if None in said else False


def is_one_of(value: Any, *wanted: Any) -> Told:
    """A stated value is one of these; not stated is unknown."""
    return None if value is None else value in wanted


class Came:
    """Which lists came, and whom the newest of each scope could not read."""

    def __init__(self, words: Iterable[Entry]) -> None:
        self.newest: dict[tuple[str, str, str], tuple[tuple[str, datetime, str], list[Entry]]] = {}
        for entry in words:
            if not entry["type"].endswith(".sending.v1") or not entry["data"]:
                continue
            type_ = f"{entry['type'].split('.')[0]}.{entry['data']['feed']}.v1"
            said = (entry["as_of"], datetime.fromisoformat(entry["stated_at"]), entry["key"])
            for one in entry["data"].get("lists", ()):
                scope = (type_, one.get("period", ""), one.get("area", ""))
                if scope not in self.newest or said > self.newest[scope][0]:
                    self.newest[scope] = said, one.get("unread", [])

    def says(self, type_: str, period: str, subject: str, key: str, village: str) -> bool:
        """A list of that scope came and could read the subject: not being in it is known."""
        areas = {"", village[:9], village}
        heard = [self.newest[type_, period, area] for area in areas if (type_, period, area) in self.newest]
        if not heard:
            return False
        unread = max(heard, key=lambda one: one[0])[1]
        return not any(one["subject"] == subject and one.get("key") in (None, key) for one in unread)


def day_of(text: str | None) -> date | None:
    """A stated day; not stated (or stated to be none) is None."""
    return date.fromisoformat(text) if text and text != "无" else None


def age(member: Entry, today: date) -> int:
    """Whole years counted in months."""
    year, month = map(int, member["data"]["出生年月"].split("-"))
    return ((today.year - year) * 12 + today.month - month) // 12


def latest(facts: Sequence[Entry], type_: str, person: str, dated_by: str) -> Entry | None:
    """The newest of a person's facts with several keys: by its own date (empty first), then the larger key."""
    mine = [e for e in facts if e["type"] == type_ and e["subject"] == person]
    return max(mine, key=lambda e: (day_of(e["data"].get(dated_by)) or date.min, e["key"]), default=None)


def receives(allowance: Entry, today: date) -> Told:
    """Whether the allowance is received today."""
    begins, ends = day_of(allowance["data"].get("起始日期")), day_of(allowance["data"].get("终止日期"))
    return every(is_one_of(allowance["data"].get("状态"), "享受"), (begins or today) <= today <= (ends or today))


def within(day: date | None, today: date, days: int) -> Told:
    """`day` lies 0 to `days` days back; not stated is unknown."""
    return None if day is None else timedelta(0) <= today - day <= timedelta(days=days)


def last_day(month: str) -> date:
    """The end of a month."""
    year, number = map(int, month.split("-"))
    return date(year, number, monthrange(year, number)[1])


def months_back(today: date, count: int) -> list[str]:
    """The last complete months."""
    found, day = [], today.replace(day=1)
    for _ in range(count):
        day = (day - timedelta(days=1)).replace(day=1)
        found.append(f"{day:%Y-%m}")
    return found


def next_month(day: date) -> date:
    """One calendar month later, clamped to that month's end."""
    year, month = (day.year, day.month + 1) if day.month < 12 else (day.year + 1, 1)
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def supply_is_cut(event: Entry, today: date) -> Told:
    """A cut of more than 30 days, without end or ended 0 to 6 days ago."""
    data = event["data"]
    begins, ends, says_end = day_of(data.get("开始日期")), day_of(data.get("结束日期")), data.get("结束日期")
    open_, ended = (None, None) if says_end is None else (says_end == "无", within(ends, today, 6) if ends else False)
    length = None if begins is None else (today - begins).days > 30
    ended_length = None if begins is None else ends is not None and (ends - begins).days > 30
    if says_end is None:
        ended_length = None
    return every(is_one_of(data.get("事件类型"), "供水中断"), some((every(open_, length), every(ended, ended_length))))


def village_signals(events: Sequence[Entry], code: str, today: date) -> tuple[list[Signal], set[str]]:
    """What stands for a village, and what cannot be told."""
    standing, unknown = [], set()
    disaster = {
        e["id"]: every(
            is_one_of(e["data"].get("事件类型"), "自然灾害"), within(day_of(e["data"].get("开始日期")), today, 30)
        )
        for e in events
    }
    cut = {e["id"]: supply_is_cut(e, today) for e in events}
    for id_, said in (("disaster", disaster), ("water_cut", cut)):
        holding = [e for e in events if said[e["id"]]]
        if holding:
            first = max(holding, key=lambda e: str(e["key"]))
            standing.append(Signal(id_, code, "rural_affairs", first["id"]))
        elif None in said.values():
            unknown.add(id_)
    return standing, unknown
