"""Small histories of one county for tests: words of five departments, in sendings, as records of their topics."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from contracts.catalogue import FACTS
from contracts.envelope import encode, make
from contracts.facts import Fact
from contracts.sending import ListClosed, SendingClosed, sending_type
from contracts.topics import FACT_TOPICS, facts_topic
from contracts.vocabulary import Op, SubjectKind
from shouwang.kit.bus import Batch, Record
from shouwang.kit.clock import SHANGHAI
from tests.stores import COUNTY, FIRST_DAY

PEOPLE = [f"p1{letter * 26}" for letter in "abcde"]
HOMES = [f"h1{letter * 26}" for letter in "xyz"]
BORN = ["1980-03", "1982-11", "2012-05", "2014-09", "1955-01"]
Say = Callable[[int, int], tuple[str, dict[str, Any]]]
"""(who, pick) to key and fields."""
DAYS = [FIRST_DAY - timedelta(days=d) for d in (200, 181, 90, 40, 5, 0)]


def _member(who: int, pick: int) -> tuple[str, dict[str, Any]]:
    home = pick % len(HOMES)
    change = ("在户", "在户", "迁入", "迁出", "死亡", "分户")[pick % 6]
    return HOMES[home], {
        "户编号": HOMES[home],
        "户序": f"0{home}",
        "村代码": f"53292710{home}200",
        "生效日期": DAYS[pick % len(DAYS)],
        "变动": change,
        "出生年月": BORN[who],
        "性别": "男",
    }


def _paid(_who: int, pick: int) -> tuple[str, dict[str, Any]]:
    return "2026", {"年度": "2026", "个人自付": ("4999", "5000", "12000", "20000", None)[pick % 5]}


def _lost(_who: int, pick: int) -> tuple[str, dict[str, Any]]:
    state = ("失业", "失业", "已再就业", None)[pick % 4]
    return f"r{pick % 2}", {"失业日期": DAYS[pick % len(DAYS)], "状态": state}


def _absent(_who: int, pick: int) -> tuple[str, dict[str, Any]]:
    state = ("疑似辍学", "已辍学", "已复学", None)[pick % 4]
    return f"t{pick % 2}", {"发现日期": DAYS[pick % len(DAYS)], "状态": state}


def _allowed(_who: int, pick: int) -> tuple[str, dict[str, Any]]:
    return "低保", {"类别": "低保", "终止日期": "无", "状态": ("享受", "停发", None)[pick % 3]}


def _survey(_who: int, pick: int) -> tuple[str, dict[str, Any]]:
    kind = ("脱贫户", "一般农户", None)[pick % 3]
    return "", {"户类型": kind, "人均纯收入": ("8699", "8700", None, "3000")[pick % 4]}


MONTHS = ["2026-01", "2026-02", "2026-03", "2026-04", "2026-05"]
VILLAGES = [f"53292710{home}200" for home in range(len(HOMES))]
CHOICES: dict[str, tuple[Sequence[str], dict[str, Sequence[Any]]]] = {
    "education.enrolment.v1": ([""], {"学段": ["小学", "普通高中", None]}),
    "education.school_cost.v1": (
        ["2025-2026", "2026-2027"],
        {"学费": ["10001", "12000", None], "住宿费": ["0"], "教材费": ["0", None], "资助金额": ["0", "2000", None]},
    ),
    "health.hospital_stay.v1": (["JS1", "JS2"], {"出院日期": [*DAYS, None], "个人自付": ["6001", "10001", None]}),
    "health.outpatient_month.v1": (MONTHS, {"门诊统筹自付": ["500", "300", None], "门特自付": ["0", "200", None]}),
    "health.serious_illness.v1": (["肺癌", "尿毒症"], {"确诊日期": [*DAYS, None]}),
    "health.insurance_year.v1": (["2026", "2025"], {"参保状态": ["未参保", "已参保", None]}),
    "human_resources.migrant_work.v1": (MONTHS, {"状态": ["在岗", "返乡", "返乡", "未外出", None]}),
    "human_resources.insured_month.v1": (MONTHS, {"缴费状态": ["正常", "中断", None]}),
    "human_resources.public_post.v1": ([""], {"起始日期": DAYS}),
    "rural_affairs.monitored.v1": (
        [""],
        {
            "识别时间": [*DAYS, None],
            "风险1": ["因病", "务工就业不稳", "因安全饮水", None],
            "消除时间": ["无", "无", "2026-06-10", None],
            "帮扶措施": ["无", "健康帮扶"],
        },
    ),
    "rural_affairs.member_condition.v1": (
        [""],
        {
            "劳动技能": ["普通劳动力", "无劳动力", "丧失劳动力", None],
            "残疾等级": ["1", "3", None],
            "残疾评定日期": [*DAYS, None],
        },
    ),
    "rural_affairs.village_event.v1": (
        ["SJ1", "SJ2"],
        {
            "事件类型": ["供水中断", "自然灾害", "供水中断", None],
            "开始日期": [*DAYS, None],
            "结束日期": ["无", "2026-06-12", "无", "2026-07-05", None],
        },
    ),
}
"""What the other feeds may say: their keys, and the values of each field."""


def _choosing(type_: str) -> Say:
    keys, choices = CHOICES[type_]
    period = FACTS[type_].meta.period or ("病种" if type_ == "health.serious_illness.v1" else "")

    def say(who: int, pick: int) -> tuple[str, dict[str, Any]]:
        key, at = keys[(who + pick) % len(keys)], pick
        said: dict[str, Any] = {period: key} if period else {}
        for field_, values in choices.items():
            said[field_], at = values[at % len(values)], at * 7 + who + 3
        return key, said

    return say


SAY: dict[str, Say] = {
    "civil_affairs.household_member.v1": _member,
    "health.self_paid_year.v1": _paid,
    "human_resources.unemployment.v1": _lost,
    "education.school_absence.v1": _absent,
    "civil_affairs.allowance.v1": _allowed,
    "rural_affairs.household.v1": _survey,
    **{type_: _choosing(type_) for type_ in CHOICES},
}
TYPES = list(SAY)
TOPICS = list(FACT_TOPICS.values())


@dataclass(frozen=True)
class Statement:
    """One word in short; what it says follows from `pick`."""

    who: int
    pick: int
    op: Op = Op.STATE
    day: int = 0
    minute: int = 0


@dataclass(frozen=True)
class Sending:
    """One sending of one feed."""

    type: str
    said: tuple[Statement, ...]
    closes: bool = True
    area: str = ""
    """What a list is whole for: a township's or village's code; empty: the county."""


@dataclass
class Topics:
    """The records of every topic, numbered as relays do."""

    values: dict[str, list[bytes]] = field(default_factory=lambda: {topic: [] for topic in TOPICS})
    seqs: dict[str, int] = field(default_factory=dict)
    sendings: int = 0

    def send(self, sending: Sending) -> None:
        """Append one sending's words and its close."""
        self.sendings += 1
        name = f"s{self.sendings}"
        for line, one in enumerate(sending.said, 2):
            self._put(sending.type, name, line, one)
        if sending.closes:
            self._close(sending, name)

    def batch(self, topic: str, first: int, size: int) -> Batch:
        """A batch as a log hands it out."""
        chosen = self.values[topic][first : first + size]
        records = [Record(topic, 1, first + at, COUNTY.code.encode(), value) for at, value in enumerate(chosen)]
        return Batch(topic, 1, first, first + len(chosen), records, f"id of {topic}")

    def _put(self, type_: str, sending: str, line: int, one: Statement) -> None:
        fact = FACTS[type_]
        key, data = SAY[type_](one.who, one.pick)
        group = {SubjectKind.HOUSEHOLD: HOMES, SubjectKind.VILLAGE: VILLAGES}.get(fact.meta.subject, PEOPLE)
        subject = group[one.who % len(group)]
        self._append(
            type_,
            subject,
            key,
            one.op,
            FIRST_DAY + timedelta(days=one.day - 6),
            one.minute,
            line,
            sending,
            fact(**data) if one.op.says_so else None,
        )

    def _close(self, sending: Sending, name: str) -> None:
        fact = FACTS[sending.type].meta
        said = (
            {SAY[sending.type](one.who, one.pick)[0] for one in sending.said}
            if fact.period and sending.type in CHOICES
            else {""}
        )
        closed = SendingClosed(
            feed=fact.feed,
            shape=fact.shape.value,
            lists=tuple(ListClosed(period=one, area=sending.area) for one in sorted(said))
            if fact.shape == "list"
            else (),
            received=len(sending.said),
            accepted=len(sending.said),
            unchanged=0,
            superseded=0,
            duplicate=0,
            rejected=0,
            withdrawn=0,
            doubtful=0,
        )
        self._append(sending_type(fact.department), COUNTY.code, name, Op.STATE, FIRST_DAY, 0, 0, name, closed)

    def _append(
        self,
        type_: str,
        subject: str,
        key: str,
        op: Op,
        as_of: date,
        minute: int,
        line: int,
        sending: str,
        data: Fact | SendingClosed | None,
    ) -> None:
        department = type_.split(".", maxsplit=1)[0]
        seq = self.seqs[department] = self.seqs.get(department, 0) + 1
        stated_at = datetime(2026, 6, 15, 8, minute, tzinfo=SHANGHAI)
        envelope = make(
            county=COUNTY.code,
            type_=type_,
            subject=subject,
            key=key,
            op=op,
            as_of=as_of,
            stated_at=stated_at,
            line=line,
            sending=sending,
            seq=seq,
            data=data,
        )
        self.values[facts_topic(department)].append(encode(envelope))


def topics_of(sendings: Sequence[Sending]) -> Topics:
    """A history as records."""
    topics = Topics()
    for sending in sendings:
        topics.send(sending)
    return topics


STATEMENTS = st.builds(
    Statement,
    who=st.integers(0, len(PEOPLE) - 1),
    pick=st.integers(0, 59),
    op=st.sampled_from([Op.STATE, Op.STATE, Op.STATE, Op.CORRECT, Op.WITHDRAW, Op.OMIT]),
    day=st.integers(0, 6),
    minute=st.integers(0, 3),
)
SENDINGS = st.builds(
    Sending,
    type=st.sampled_from(TYPES),
    said=st.lists(STATEMENTS, min_size=1, max_size=6).map(tuple),
    closes=st.sampled_from([True, True, True, False]),
)
SETTLED = [
    Sending(TYPES[0], tuple(Statement(who, pick) for who, pick in enumerate((0, 0, 0, 0, 1)))),
    Sending(TYPES[5], tuple(Statement(who, 3) for who in range(3))),
]
"""A roster and a survey to begin with, so that what follows lands somewhere."""
HISTORIES = st.lists(SENDINGS, min_size=1, max_size=10).map(lambda some: [*SETTLED, *some])
