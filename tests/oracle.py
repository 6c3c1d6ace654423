"""The plain recomputation: standing alerts from accepted words and a day, read off docs/rulepack.md by hand.

It shares no code with the product (not even the contracts) and is as slow and as obvious as it can be: every
household is judged from all words, every time. Input is what `shouwang words --json` prints.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

Entry = Mapping[str, Any]
"""One accepted word: type, subject, key, op, as_of, stated_at, line, id, data."""

MEMBER = "civil_affairs.household_member.v1"
ALLOWANCE = "civil_affairs.allowance.v1"
HOUSEHOLD = "rural_affairs.household.v1"
ABSENCE = "education.school_absence.v1"
SELF_PAID = "health.self_paid_year.v1"
UNEMPLOYMENT = "human_resources.unemployment.v1"

BELONGS = {"在户", "迁入", "出生", "分户"}
INCOME_LINES = ((date(2022, 1, 1), 7000), (date(2023, 1, 1), 8050), (date(2025, 1, 1), 8700))
KINDS = {"medical_burden": "因病", "dropout": "因学", "job_lost": "务工就业不稳", "low_income": "收入"}
LEVELS = ("yellow", "orange", "red")


@dataclass(frozen=True, order=True)
class Signal:
    """A standing signal: its id, whose, of which department, and the word it was read from first."""

    id: str
    subject: str
    department: str
    word: str
    on: date | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Expected:
    """A standing alert as it must be; `raised_on` and the wording are history and prose, so they are left out."""

    level: str
    class_: str
    village: str
    signals: tuple[Signal, ...]
    cannot_tell: tuple[str, ...]


def rank(entry: Entry) -> tuple[str, int, datetime, int, str]:
    """The total order of words (docs/design.md 4.1)."""
    late = entry["op"] in ("correct", "withdraw")
    return (entry["as_of"], int(late), datetime.fromisoformat(entry["stated_at"]), entry["line"], entry["id"])


def facts_of(words: Iterable[Entry]) -> list[Entry]:
    """What stands: of every fact the newest word, if it does not take the fact back."""
    newest: dict[tuple[str, str, str], Entry] = {}
    for entry in words:
        if entry.get("subject") is None or entry["type"].endswith(".sending.v1"):
            continue
        fact = (entry["type"], entry["subject"], entry["key"])
        if fact not in newest or rank(entry) > rank(newest[fact]):
            newest[fact] = entry
    return [entry for entry in newest.values() if entry["op"] in ("state", "correct")]


def day_of(text: str | None) -> date | None:
    """A stated day; not stated (or stated to be none) is None."""
    return date.fromisoformat(text) if text and text != "无" else None


def homes(facts: Sequence[Entry], today: date) -> dict[str, list[Entry]]:
    """Living members of every household on a day, each by the membership that counts."""
    memberships: dict[str, list[Entry]] = {}
    for entry in facts:
        if entry["type"] == MEMBER:
            memberships.setdefault(entry["subject"], []).append(entry)
    living: dict[str, list[Entry]] = {}
    for entries in memberships.values():
        if any(
            e["data"]["变动"] == "死亡" and (day_of(e["data"].get("生效日期")) or date.min) <= today for e in entries
        ):
            continue
        candidates = [
            e
            for e in entries
            if e["data"]["变动"] in BELONGS and (day_of(e["data"].get("生效日期")) or date.min) <= today
        ]
        if candidates:
            home = max(candidates, key=lambda e: (day_of(e["data"].get("生效日期")) or date.min, e["data"]["户序"]))
            living.setdefault(home["data"]["户编号"], []).append(home)
    return living


def age(member: Entry, today: date) -> int:
    """Whole years counted in months."""
    year, month = map(int, member["data"]["出生年月"].split("-"))
    return ((today.year - year) * 12 + today.month - month) // 12


def latest(facts: Sequence[Entry], type_: str, person: str, dated_by: str) -> Entry | None:
    """The newest of a person's facts with several keys: by its own date (empty first), then the larger key."""
    mine = [e for e in facts if e["type"] == type_ and e["subject"] == person]
    return max(mine, key=lambda e: (day_of(e["data"].get(dated_by)) or date.min, e["key"]), default=None)


def receives(facts: Sequence[Entry], person: str, kinds: set[str], today: date) -> bool:
    """Known to receive one of these allowances today."""
    for e in facts:
        if e["type"] != ALLOWANCE or e["subject"] != person or e["data"]["类别"] not in kinds:
            continue
        begins, ends = day_of(e["data"].get("起始日期")), day_of(e["data"].get("终止日期"))
        if e["data"].get("状态") == "享受" and (begins or today) <= today <= (ends or today):
            return True
    return False


def within(day: date, today: date, days: int) -> bool:
    """`day` lies 0 to `days` days back."""
    return timedelta(0) <= today - day <= timedelta(days=days)


class House:
    """One household on one day, judged straight from the table of docs/rulepack.md."""

    def __init__(self, ref: str, members: Sequence[Entry], facts: Sequence[Entry], today: date) -> None:
        self.ref, self.members, self.today = ref, members, today
        people = {m["subject"] for m in members}
        self.facts = [e for e in facts if e["subject"] in people or e["subject"] == ref]
        self.survey = next((e for e in self.facts if e["type"] == HOUSEHOLD), None)
        self.unknown: set[str] = set()
        self.helped = any(receives(self.facts, p, {"低保", "特困"}, today) for p in people)
        self.standing = sorted(self.signals())

    @property
    def class_(self) -> str:
        """The first class known to hold."""
        if self.survey and self.survey["data"].get("户类型") == "脱贫户":
            return "脱贫户"
        return "低保/特困" if self.helped else "一般农户"

    @property
    def village(self) -> str:
        """The survey's village, else that of the member who came last, then the larger code."""
        if self.survey and self.survey["data"].get("村代码"):
            return str(self.survey["data"]["村代码"])
        coded = [m for m in self.members if m["data"].get("村代码")]
        return max(
            ((day_of(m["data"].get("生效日期")) or date.min, str(m["data"]["村代码"])) for m in coded),
            default=(date.min, ""),
        )[1]

    def signals(self) -> Iterator[Signal]:
        """Every standing signal; what came out unknown is noted in `unknown`."""
        for member in self.members:
            person, years = member["subject"], age(member, self.today)
            yield from self.medical(person)
            yield from self.dropout(person, years)
            yield from self.job_lost(person, years)
        yield from self.low_income()

    def medical(self, person: str) -> Iterator[Signal]:
        limit = Decimal(5000 if self.class_ == "脱贫户" else 20000)
        for e in self.facts:
            if e["type"] == SELF_PAID and e["subject"] == person and e["key"] == str(self.today.year):
                paid = e["data"].get("个人自付")
                if paid is None:
                    self.unknown |= {"medical_burden", "medical_burden_near"}
                elif Decimal(paid) >= limit:
                    yield Signal("medical_burden", person, "health", e["id"])
                elif Decimal(paid) * 10 >= limit * 6:
                    yield Signal("medical_burden_near", person, "health", e["id"])

    def dropout(self, person: str, years: int) -> Iterator[Signal]:
        e = latest(self.facts, ABSENCE, person, "发现日期")
        if e is None or not 6 <= years <= 16:
            return
        if e["data"].get("状态") is None:
            self.unknown.add("dropout")
        elif e["data"]["状态"] in ("疑似辍学", "已辍学"):
            yield Signal("dropout", person, "education", e["id"], day_of(e["data"].get("发现日期")))

    def job_lost(self, person: str, years: int) -> Iterator[Signal]:
        e = latest(self.facts, UNEMPLOYMENT, person, "失业日期")
        if e is None or not 16 <= years <= 59 or e["data"].get("状态") == "已再就业":
            return
        lost = day_of(e["data"].get("失业日期"))
        if lost is not None and not within(lost, self.today, 180):
            return
        if e["data"].get("状态") is None or lost is None:
            self.unknown.add("job_lost")
        else:
            yield Signal("job_lost", person, "human_resources", e["id"], lost)

    def low_income(self) -> Iterator[Signal]:
        if self.survey is None:
            return
        lines = [amount for start, amount in INCOME_LINES if start <= self.today]
        income = self.survey["data"].get("人均纯收入")
        if income is None or not lines:
            self.unknown.add("low_income")
        elif Decimal(income) < lines[-1]:
            yield Signal("low_income", self.ref, "rural_affairs", self.survey["id"])

    def only(self, *ids: str) -> list[Signal]:
        """Standing signals of these ids."""
        return [s for s in self.standing if s.id in ids]

    def alerts(self) -> Iterator[tuple[str, str, list[Signal], set[str]]]:
        """(rule, level, evidence, signals the rule names) of everything that holds."""
        burden, dropout, lost = self.only("medical_burden"), self.only("dropout"), self.only("job_lost")
        low = self.only("low_income")
        if burden:
            yield "illness", "yellow", burden, {"medical_burden"}
        if dropout:
            yield "schooling", "orange", dropout, {"dropout"}
        if lost:
            yield "livelihood", "yellow", lost, {"job_lost"}
        if low and not self.helped:
            persons = [*burden, *dropout, *lost]
            yield "income", "orange" if persons else "yellow", [*low, *persons], set(KINDS)
        if any(d.on and j.on and abs((d.on - j.on).days) <= 90 for d in dropout for j in lost):
            yield "schooling_after_income_loss", "red", [*dropout, *lost], {"dropout", "job_lost"}
        counted = self.only(*KINDS)
        departments = {s.department for s in counted}
        if len({KINDS[s.id] for s in counted}) >= 2 and len(departments) >= 2:
            yield "cross_department", "red" if len(departments) >= 3 else "orange", counted, set(KINDS)


def standing_alerts(words: Iterable[Entry], today: date) -> dict[tuple[str, str], Expected]:
    """Every alert that must stand on a day, by (subject, rule)."""
    facts = facts_of(words)
    by_subject: dict[str, list[Entry]] = {}
    for entry in facts:
        by_subject.setdefault(entry["subject"], []).append(entry)
    found: dict[tuple[str, str], Expected] = {}
    for ref, members in homes(facts, today).items():
        near = [e for subject in (ref, *(m["subject"] for m in members)) for e in by_subject.get(subject, ())]
        house = House(ref, members, near, today)
        for rule, level, evidence, named in house.alerts():
            unknown = tuple(sorted(house.unknown & named))
            found[ref, rule] = Expected(level, house.class_, house.village, tuple(sorted(evidence)), unknown)
    return found


def differences(expected: Mapping[tuple[str, str], Expected], lines: Iterable[Mapping[str, Any]]) -> list[str]:
    """What the lines of `shouwang alerts --json` say otherwise than expected, one sentence each."""
    said = {(line["subject"], line["rule"]): line for line in lines}
    found = [f"missing {key}: {expected[key]}" for key in sorted(expected.keys() - said.keys())]
    found += [f"unexpected {key}: {said[key]}" for key in sorted(said.keys() - expected.keys())]
    for key in sorted(expected.keys() & said.keys()):
        want, line = expected[key], said[key]
        got = Expected(
            line["level"],
            line["class"],
            line["village"],
            tuple(sorted(Signal(s["id"], s["subject"], s["department"], s["facts"][0]) for s in line["signals"])),
            tuple(sorted(line["cannot_tell"])),
        )
        if got != want:
            found.append(f"{key}: expected {want}, got {got}")
    return found
