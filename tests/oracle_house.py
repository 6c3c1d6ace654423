"""One household and one village on one day, judged by the plain recomputation straight from docs/rulepack.md."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

from tests.oracle_told import (
    ABSENCE,
    ALLOWANCE,
    CONDITION,
    CONTRIBUTION,
    ENROLMENT,
    HIGHER,
    HOUSEHOLD,
    ILL,
    ILLNESS,
    INCOME_LINES,
    INSURANCE,
    KINDS,
    MIGRANT,
    MONITORED,
    NO_LABOUR,
    OF_PERSONS,
    OUTPATIENT,
    RISKS,
    SCHOOL_COST,
    SELF_PAID,
    STAY,
    UNEMPLOYMENT,
    WORK,
    Came,
    Entry,
    Signal,
    Told,
    age,
    day_of,
    every,
    is_one_of,
    last_day,
    latest,
    months_back,
    next_month,
    receives,
    some,
    village_signals,
    within,
)

Holding = tuple[str, str, Sequence[Signal], Iterable[str]]
"""Rule, level, evidence, and every signal the rule's row names."""


class House:
    """One household on one day, judged straight from the table of docs/rulepack.md."""

    def __init__(
        self,
        ref: str,
        members: Sequence[Entry],
        facts: Sequence[Entry],
        events: Sequence[Entry],
        today: date,
        came: Came,
    ) -> None:
        self.ref, self.today, self.came = ref, today, came
        self.members = sorted(members, key=lambda m: str(m["subject"]))
        self.people = [m["subject"] for m in self.members]
        self.facts = [e for e in facts if e["subject"] in self.people or e["subject"] == ref]
        self.survey = next((e for e in self.facts if e["type"] == HOUSEHOLD), None)
        self.watched = next((e for e in self.facts if e["type"] == MONITORED), None)
        self.unknown: set[str] = set()
        """Ids of signals that cannot be told."""
        self.unsure: set[tuple[str, str]] = set()
        self.helped = any(
            receives(e, today) for e in self.facts if e["type"] == ALLOWANCE and e["data"]["类别"] in ("低保", "特困")
        )
        own = [e for e in events if e["subject"] == self.village] if self.village else []
        at_village, unknown = village_signals(own, self.village, today)
        self.standing = sorted([*self.signals(), *(s for s in at_village if s.id == "water_cut")])
        self.unknown |= unknown & {"water_cut"}

    @property
    def monitored(self) -> bool:
        """Known to be monitored and not removed."""
        return self.watched is not None and self.watched["data"].get("消除时间") == "无"

    @property
    def class_(self) -> str:
        """The first class known to hold."""
        if self.monitored:
            return "监测对象"
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

    def of(self, type_: str, subject: str) -> list[Entry]:
        """The facts of a type about one subject, the larger key first."""
        mine = [e for e in self.facts if e["type"] == type_ and e["subject"] == subject]
        return sorted(mine, key=lambda e: str(e["key"]), reverse=True)

    def any_of(
        self, id_: str, subject: str, type_: str, holds: Callable[[Entry], Told], key: str | None = None
    ) -> Iterator[Signal]:
        """A signal that stands while one of the subject's facts (those of `key`) holds."""
        mine = [e for e in self.of(type_, subject) if key is None or e["key"] == key]
        said = [(e, holds(e)) for e in mine]
        found = [e for e, holds_ in said if holds_]
        if found:
            yield Signal(id_, subject, type_.split(".", maxsplit=1)[0], found[0]["id"])
        elif any(holds_ is None for _, holds_ in said):
            self.cannot_tell(id_, subject)

    def cannot_tell(self, id_: str, subject: str) -> None:
        """Note a signal that cannot be told."""
        self.unknown.add(id_)
        self.unsure.add((id_, subject))

    def signals(self) -> Iterator[Signal]:
        """Every standing signal of the household and its members; what came out unknown is noted."""
        for member in self.members:
            person, years = member["subject"], age(member, self.today)
            yield from self.medical(person)
            yield from self.illness(person)
            yield from self.school(person, years)
            yield from self.job_lost(person, years)
            yield from self.came_home(person)
            yield from self.contributions_stopped(person)
            yield from self.relief_and_disability(person)
        yield from self.of_the_home()

    def medical(self, person: str) -> Iterator[Signal]:
        limit = Decimal(5000 if self.class_ in ("监测对象", "脱贫户") else 20000)
        year = str(self.today.year)

        def paid(e: Entry) -> Decimal | None:
            return None if e["data"].get("个人自付") is None else Decimal(e["data"]["个人自付"])

        def burden(e: Entry) -> Told:
            amount = paid(e)
            return None if amount is None else amount >= limit

        def near(e: Entry) -> Told:
            amount = paid(e)
            return None if amount is None else limit * 6 <= amount * 10 and amount < limit

        yield from self.any_of("medical_burden", person, SELF_PAID, burden, year)
        yield from self.any_of("medical_burden_near", person, SELF_PAID, near, year)

    def illness(self, person: str) -> Iterator[Signal]:
        limit = 6000 if self.class_ == "监测对象" else 10000

        def stay(e: Entry) -> Told:
            paid = e["data"].get("个人自付")
            above = None if paid is None else Decimal(paid) > limit
            return every(above, within(day_of(e["data"].get("出院日期")), self.today, 90))

        def month(e: Entry) -> Told:
            known = [
                Decimal(e["data"][name]) for name in ("门诊统筹自付", "门特自付") if e["data"].get(name) is not None
            ]
            reached: Told = sum(known) >= 500
            if not reached and len(known) < 2:
                reached = None
            return every(reached, within(last_day(e["data"]["年月"]), self.today, 60))

        yield from self.any_of("hospital_stay_cost", person, STAY, stay)
        yield from self.any_of("outpatient_cost", person, OUTPATIENT, month)
        yield from self.any_of(
            "serious_illness", person, ILLNESS, lambda e: within(day_of(e["data"].get("确诊日期")), self.today, 180)
        )
        yield from self.any_of(
            "not_insured",
            person,
            INSURANCE,
            lambda e: is_one_of(e["data"].get("参保状态"), "未参保"),
            str(self.today.year),
        )

    def school(self, person: str, years: int) -> Iterator[Signal]:
        e = latest(self.facts, ABSENCE, person, "发现日期")
        if e is not None and 6 <= years <= 16:
            if e["data"].get("状态") is None:
                self.cannot_tell("dropout", person)
            elif e["data"]["状态"] in ("疑似辍学", "已辍学"):
                yield Signal("dropout", person, "education", e["id"], day_of(e["data"].get("发现日期")))
        first = self.today.year if self.today.month >= 9 else self.today.year - 1

        def cost(e: Entry) -> Told:
            aid = e["data"].get("资助金额")
            fees = [e["data"].get(name) for name in ("学费", "住宿费", "教材费")]
            if aid is None:
                return None
            above: Told = sum(Decimal(fee) for fee in fees if fee is not None) - Decimal(aid) > 10000
            return None if not above and None in fees else above

        yield from self.any_of("school_cost", person, SCHOOL_COST, cost, f"{first}-{first + 1}")

    def job_lost(self, person: str, years: int) -> Iterator[Signal]:
        e = latest(self.facts, UNEMPLOYMENT, person, "失业日期")
        if e is None or not 16 <= years <= 59 or e["data"].get("状态") == "已再就业":
            return
        lost = day_of(e["data"].get("失业日期"))
        if lost is not None and not within(lost, self.today, 180):
            return
        if e["data"].get("状态") is None or lost is None:
            self.cannot_tell("job_lost", person)
        else:
            yield Signal("job_lost", person, "human_resources", e["id"], lost)

    def came_home(self, person: str) -> Iterator[Signal]:
        months = sorted(self.of(MIGRANT, person), key=lambda e: str(e["data"]["年月"]))
        working = [n for n, e in enumerate(months) if e["data"].get("状态") == "在岗"]
        after = months[working[-1] + 1 :] if working else []
        if not after:
            return
        ended = last_day(after[0]["data"]["年月"])
        said = every(
            is_one_of(after[0]["data"].get("状态"), "返乡"),
            *(is_one_of(e["data"].get("状态"), "返乡", "未外出") for e in after),
            within(ended, self.today, 90),
        )
        if said:
            yield Signal("came_home", person, "human_resources", after[0]["id"], ended)
        elif said is None:
            self.cannot_tell("came_home", person)

    def contributions_stopped(self, person: str) -> Iterator[Signal]:
        rows = {e["key"]: e for e in self.of(CONTRIBUTION, person)}
        if not rows:
            return

        def regular(month: str) -> Told:
            if month in rows:
                return is_one_of(rows[month]["data"].get("缴费状态"), "正常")
            return False if self.came.says(CONTRIBUTION, month, person, month, self.village) else None

        year, quarter = months_back(self.today, 12), months_back(self.today, 3)
        lately = some(regular(month) for month in quarter)
        said = every(some(regular(month) for month in year), None if lately is None else not lately)
        if said:
            newest = max(month for month in year if regular(month))
            yield Signal("contributions_stopped", person, "human_resources", rows[newest]["id"])
        elif said is None:
            self.cannot_tell("contributions_stopped", person)

    def relief_and_disability(self, person: str) -> Iterator[Signal]:
        def new(e: Entry) -> Told:
            begins = within(day_of(e["data"].get("起始日期")), self.today, 60)
            return every(e["data"]["类别"] in ("低保", "特困", "临时救助"), receives(e, self.today), begins)

        def severe(e: Entry) -> Told:
            assessed = within(day_of(e["data"].get("残疾评定日期")), self.today, 90)
            return every(is_one_of(e["data"].get("残疾等级"), "1", "2"), assessed)

        if not self.monitored:
            yield from self.any_of("new_allowance", person, ALLOWANCE, new)
        yield from self.any_of("newly_disabled", person, CONDITION, severe)

    def of_the_home(self) -> Iterator[Signal]:
        def dwelling(e: Entry) -> Told:
            return every(is_one_of(e["data"].get("是否唯一住房"), "是"), is_one_of(e["data"].get("住房等级"), "C", "D"))

        def income(e: Entry) -> Told:
            lines = [amount for start, amount in INCOME_LINES if start <= self.today]
            stated = e["data"].get("人均纯收入")
            return None if stated is None or not lines else Decimal(stated) < lines[-1]

        def unhelped(e: Entry) -> Told:
            removed, measures, found = (
                e["data"].get("消除时间"),
                e["data"].get("帮扶措施"),
                day_of(e["data"].get("识别时间")),
            )
            overdue = None if found is None else self.today > next_month(found)
            return every(is_one_of(removed, "无"), overdue, is_one_of(measures, "无"))

        yield from self.any_of("unsafe_dwelling", self.ref, HOUSEHOLD, dwelling)
        yield from self.any_of(
            "unsafe_water", self.ref, HOUSEHOLD, lambda e: is_one_of(e["data"].get("饮水安全"), "否")
        )
        yield from self.any_of("low_income", self.ref, HOUSEHOLD, income)
        yield from self.any_of("no_measure", self.ref, MONITORED, unhelped)
        skills = [(self.of(CONDITION, person), person) for person in self.people]
        said = every(*(self.is_unable(rows, person) for rows, person in skills))
        words = [rows[0]["id"] for rows, _ in skills if rows]
        if said:
            yield Signal("no_labour", self.ref, "rural_affairs", words[0])
        elif said is None and words:
            self.cannot_tell("no_labour", self.ref)

    def is_unable(self, rows: Sequence[Entry], person: str) -> Told:
        if rows:
            return is_one_of(rows[0]["data"].get("劳动技能"), *NO_LABOUR)
        return False if self.came.says(CONDITION, "", person, "", self.village) else None

    def only(self, *ids: str) -> list[Signal]:
        """Standing signals of these ids."""
        return [s for s in self.standing if s.id in ids]

    def alerts(self) -> Iterator[Holding]:
        """Everything that holds."""
        yield from self.of_one_risk()
        yield from self.of_the_rest()
        yield from self.compound()

    def of_one_risk(self) -> Iterator[Holding]:
        ill = self.only(*ILL)
        if ill:
            worse = len({s.id for s in ill}) >= 2 or self.only("not_insured")
            named = (*ILL, "not_insured")
            yield "illness", "orange" if worse else "yellow", self.only(*named), named
        if self.only("dropout", "school_cost"):
            level = "orange" if self.only("dropout") else "yellow"
            yield "schooling", level, self.only("dropout", "school_cost"), ("dropout", "school_cost")
        work = self.only(*WORK)
        if work:
            able = {m["subject"] for m in self.members if self.is_able(m)}
            yield "livelihood", "orange" if able and able <= {s.subject for s in work} else "yellow", work, WORK

    def is_able(self, member: Entry) -> bool:
        rows = self.of(CONDITION, member["subject"])
        skill = rows[0]["data"].get("劳动技能") if rows else None
        return 16 <= age(member, self.today) <= 59 and skill is not None and skill not in NO_LABOUR

    def of_the_rest(self) -> Iterator[Holding]:
        for rule, level, ids in (
            ("housing", "orange", ("unsafe_dwelling",)),
            ("water", "yellow", ("unsafe_water", "water_cut")),
            ("disability", "yellow", ("newly_disabled",)),
            ("relief", "yellow", ("new_allowance",)),
            ("missed_help", "yellow", ("no_measure",)),
        ):
            if self.only(*ids):
                yield rule, level, self.only(*ids), ids
        if self.only("low_income") and not self.monitored and not self.helped:
            named = ("low_income", *OF_PERSONS)
            yield "income", "orange" if self.only(*OF_PERSONS) else "yellow", self.only(*named), named

    def compound(self) -> Iterator[Holding]:
        ill = ("medical_burden", "medical_burden_near", "serious_illness")
        other = ("job_lost", "came_home", "newly_disabled")
        stages = [rows[0]["data"].get("学段") for p in self.people if (rows := self.of(ENROLMENT, p))]
        if self.only(*ill) and (self.only(*other) or any(stage in HIGHER for stage in stages)):
            named = (*ill, *other, "low_income")
            yield "illness_and_income", "red" if self.only("low_income") else "orange", self.only(*named), named
        lost, dropout = self.only("job_lost", "came_home"), self.only("dropout")
        if any(d.on and j.on and abs((d.on - j.on).days) <= 90 for d in dropout for j in lost):
            both = ("dropout", "job_lost", "came_home")
            yield "schooling_after_income_loss", "red", self.only(*both), both
        counted = self.only(*KINDS)
        departments = {s.department for s in counted}
        if len({KINDS[s.id] for s in counted}) >= 2 and len(departments) >= 2:
            yield "cross_department", "red" if len(departments) >= 3 else "orange", counted, tuple(KINDS)

    def suppressed(self, rule: str) -> bool:
        """Known to be monitored, with the rule's risk among those recorded."""
        recorded = [self.watched["data"].get(f"风险{n}") for n in range(1, 6)] if self.watched else []
        return self.monitored and RISKS.get(rule) in recorded and rule in RISKS
