"""Random households of all eighteen feeds for Hypothesis, and the same as the plain recomputation reads them."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from hypothesis import strategies as st

from contracts.catalogue import BY_NAME
from contracts.sending import ListClosed, Unread
from contracts.vocabulary import Op
from services.alerts.domain.household import MEMBER, Household, Lists, living, village_of
from services.alerts.domain.word import Facts, Word, take
from tests.oracle import Entry

DAY = date(2026, 3, 1)
"""Around this day everything random happens."""
MONTHS_TO = DAY.year * 12 + DAY.month - 13
EVERY_MONTH = range(MONTHS_TO, MONTHS_TO + 20)
MEMBERSHIP = "civil_affairs.household_member"
HOMES = ("h1" + "a" * 26, "h1" + "b" * 26)
VILLAGES = ("532927100201", "532927100202")
PEOPLE = ("父", "母", "子", "女")
SAID_AT = datetime(2026, 1, 1, tzinfo=UTC)


def near(back: int, ahead: int) -> st.SearchStrategy[date]:
    """A day around DAY."""
    return st.integers(-back, ahead).map(lambda n: DAY + timedelta(days=n))


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Often stated, sometimes not."""
    return st.one_of(values, values, values, st.none())


amounts = st.sampled_from([0, 2999, 3000, 4999, 5000, 8049, 8050, 8699, 8700, 12000, 19999, 20000]).map(Decimal)


def _fact(name: str, fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    return st.fixed_dictionaries(fields).map(lambda found: (name, found))


membership = _fact(
    "civil_affairs.household_member",
    {
        "户编号": st.sampled_from(HOMES),
        "村代码": maybe(st.sampled_from(VILLAGES)),
        "生效日期": maybe(near(60, 200)),
        "变动": st.sampled_from(["在户", "在户", "在户", "迁入", "迁出", "死亡", "出生", "分户"]),
    },
)
months = st.integers(0, 16).map(lambda n: f"{(MONTHS_TO + n) // 12:04}-{(MONTHS_TO + n) % 12 + 1:02}")
"""From a year before DAY to four months after it."""
risks = st.sampled_from(["因病", "因学", "务工就业不稳", "因残", "因安全住房", "因安全饮水", "无"])
paid = st.sampled_from([0, 200, 300, 499, 500, 600]).map(Decimal)
of_a_person = st.one_of(
    membership,
    _fact(
        "civil_affairs.allowance",
        {
            "类别": st.sampled_from(["低保", "低保", "特困", "低保边缘"]),
            "起始日期": maybe(near(100, 100)),
            "终止日期": st.one_of(maybe(near(100, 200)), st.just("无")),
            "状态": st.sampled_from(["享受", "享受", "享受", "停发", None]),
        },
    ),
    _fact(
        "education.school_absence",
        {
            "key": st.sampled_from(["CX1", "CX2", "CX3"]),
            "发现日期": maybe(near(120, 0)),
            "状态": maybe(st.sampled_from(["疑似辍学", "已辍学", "已复学"])),
        },
    ),
    _fact("education.enrolment", {"学段": maybe(st.sampled_from(["小学", "普通高中", "本科"]))}),
    _fact(
        "education.school_cost",
        {
            "学年": st.sampled_from(["2024-2025", "2025-2026", "2026-2027"]),
            "学费": maybe(st.sampled_from([Decimal(10000), Decimal("10000.01"), Decimal(12000)])),
            "住宿费": maybe(st.just(Decimal(0))),
            "教材费": maybe(st.just(Decimal(0))),
            "资助金额": maybe(st.sampled_from([Decimal(0), Decimal(2000)])),
        },
    ),
    _fact("health.self_paid_year", {"年度": st.sampled_from(["2025", "2026", "2027"]), "个人自付": maybe(amounts)}),
    _fact(
        "health.hospital_stay",
        {
            "key": st.sampled_from(["JS1", "JS2"]),
            "出院日期": maybe(near(120, 0)),
            "个人自付": maybe(st.sampled_from([Decimal(6000), Decimal(6001), Decimal(10000), Decimal(10001)])),
        },
    ),
    _fact("health.outpatient_month", {"年月": months, "门诊统筹自付": maybe(paid), "门特自付": maybe(paid)}),
    _fact("health.serious_illness", {"病种": st.sampled_from(["肺癌", "尿毒症"]), "确诊日期": maybe(near(250, 0))}),
    _fact(
        "health.insurance_year",
        {"年度": st.sampled_from(["2025", "2026", "2027"]), "参保状态": maybe(st.sampled_from(["已参保", "未参保"]))},
    ),
    _fact(
        "human_resources.unemployment",
        {
            "key": st.sampled_from(["SY1", "SY2", "SY3"]),
            "失业日期": maybe(near(250, 30)),
            "状态": maybe(st.sampled_from(["失业", "失业", "已再就业"])),
        },
    ),
    _fact(
        "human_resources.migrant_work",
        {"年月": months, "状态": maybe(st.sampled_from(["在岗", "在岗", "返乡", "返乡", "未外出"]))},
    ),
    _fact("human_resources.insured_month", {"年月": months, "缴费状态": maybe(st.sampled_from(["正常", "中断"]))}),
    _fact("human_resources.public_post", {"起始日期": maybe(near(100, 0))}),
    _fact(
        "rural_affairs.member_condition",
        {
            "劳动技能": maybe(st.sampled_from(["普通劳动力", "丧失劳动力", "无劳动力", "无劳动力"])),
            "残疾等级": maybe(st.sampled_from(["1", "2", "3"])),
            "残疾评定日期": maybe(near(120, 0)),
        },
    ),
)
of_a_household = st.one_of(
    _fact(
        "rural_affairs.household",
        {
            "村代码": maybe(st.sampled_from(VILLAGES)),
            "户类型": maybe(st.sampled_from(["脱贫户", "一般农户"])),
            "人均纯收入": st.sampled_from([Decimal(5000), Decimal(8699), Decimal(8700), None]),
            "住房等级": maybe(st.sampled_from(["A", "C", "D"])),
            "是否唯一住房": maybe(st.sampled_from(["是", "否"])),
            "饮水安全": maybe(st.sampled_from(["是", "否"])),
        },
    ),
    _fact(
        "rural_affairs.monitored",
        {
            "监测对象类别": st.just("边缘易致贫户"),
            "识别时间": maybe(near(60, 0)),
            "风险1": maybe(risks.filter(lambda risk: risk != "无")),
            "风险2": maybe(risks),
            "消除时间": st.one_of(st.just("无"), st.just("无"), maybe(near(30, 0))),
            "帮扶措施": maybe(st.sampled_from(["健康帮扶", "无", "无"])),
        },
    ),
)
of_a_village = _fact(
    "rural_affairs.village_event",
    {
        "key": st.sampled_from(["SJ1", "SJ2"]),
        "事件类型": maybe(st.sampled_from(["供水中断", "供水中断", "自然灾害", "动物疫病"])),
        "开始日期": maybe(near(60, 0)),
        "结束日期": st.one_of(st.just("无"), maybe(near(30, 60))),
    },
)
states = st.one_of(
    st.tuples(
        st.just("human_resources.migrant_work"),
        st.just("状态"),
        st.lists(st.sampled_from(["在岗", "返乡", "返乡", "未外出", None]), min_size=2, max_size=5),
    ),
    st.tuples(
        st.just("human_resources.insured_month"),
        st.just("缴费状态"),
        st.lists(st.sampled_from(["正常", "中断", "中断", None]), min_size=2, max_size=6),
    ),
)


@st.composite
def run_of_months(draw: st.DrawFn) -> list[tuple[str, tuple[str, dict[str, Any]]]]:
    """One person's months one after another, as monthly lists state them."""
    who, first = draw(st.sampled_from(PEOPLE)), MONTHS_TO + draw(st.integers(8, 13))
    name, field, said = draw(states)
    named = [f"{n // 12:04}-{n % 12 + 1:02}" for n in range(first, first + len(said))]
    return [(who, (name, {"年月": month, field: state})) for month, state in zip(named, said, strict=True)]


list_of = st.sampled_from(
    [("human_resources.insured_month", f"2026-{n:02}") for n in range(1, 7)]
    + [("rural_affairs.member_condition", "")] * 3
)


class Came(NamedTuple):
    """A list that came."""

    fact: str
    period: str
    unread: tuple[tuple[str, str | None], ...]
    as_of: date
    id: str


births = {
    "父": st.dates(date(1965, 1, 1), date(1990, 12, 31)),
    "母": st.dates(date(1966, 1, 1), date(1967, 12, 31)),
    "子": st.dates(date(2008, 6, 1), date(2011, 1, 1)),
    "女": st.dates(date(2013, 1, 1), date(2021, 1, 1)),
}
"""Around the ages at which answers change: 6, 16, 17 and 60."""


@st.composite
def words(draw: st.DrawFn) -> list[Word]:
    """What was ever said of two households, those who live in either, and their villages: corrected, withdrawn too."""
    born = {person: draw(births[person]) for person in PEOPLE}
    said = [(person, _home()) for person in PEOPLE]
    said.append((HOMES[0], draw(of_a_household)))
    said += draw(st.lists(st.tuples(st.sampled_from(PEOPLE), of_a_person), min_size=6, max_size=24))
    said += [one for run in draw(st.lists(run_of_months(), min_size=1, max_size=4)) for one in run]
    said += draw(st.lists(st.tuples(st.sampled_from(HOMES), of_a_household), max_size=3))
    said += draw(st.lists(st.tuples(st.sampled_from(VILLAGES), of_a_village), max_size=3))
    often = [Op.STATE] * 6 + [Op.CORRECT, Op.WITHDRAW, Op.OMIT]
    ops = draw(st.lists(st.sampled_from(often), min_size=len(said), max_size=len(said)))
    days = draw(st.lists(st.integers(0, 5), min_size=len(said), max_size=len(said)))
    return [
        _word(n, who, name, fields, Op.STATE if name == MEMBERSHIP and n < len(PEOPLE) else op, d, born)
        for n, ((who, (name, fields)), op, d) in enumerate(zip(said, ops, days, strict=False))
    ]


@st.composite
def lists(draw: st.DrawFn) -> list[Came]:
    """Lists that came, and of whom each said nothing."""
    found = draw(st.lists(list_of, max_size=6))
    if draw(st.booleans()):
        found = [("human_resources.insured_month", f"{n // 12:04}-{n % 12 + 1:02}") for n in EVERY_MONTH] + found
    unread = st.lists(st.sampled_from(PEOPLE), max_size=1)
    return [
        Came(
            name,
            period,
            tuple((who, None) for who in draw(unread)),
            DAY - timedelta(days=draw(st.integers(0, 3))),
            f"s{n}",
        )
        for n, (name, period) in enumerate(found)
    ]


def heard(came: list[Came]) -> Lists:
    """What the lists said, as the domain keeps it."""
    found = Lists()
    for one in came:
        unread = tuple(Unread(subject=subject, key=key) for subject, key in one.unread)
        found.take(
            BY_NAME[one.fact].meta.type, ListClosed(period=one.period, unread=unread), one.as_of, SAID_AT, one.id
        )
    return found


def _home() -> tuple[str, dict[str, Any]]:
    return MEMBERSHIP, {"户编号": HOMES[0], "村代码": VILLAGES[0], "生效日期": None, "变动": "在户"}


def _word(n: int, who: str, name: str, fields: dict[str, Any], op: Op, day: int, born: dict[str, date]) -> Word:
    of = BY_NAME[name]
    stated = {key: value for key, value in fields.items() if key != "key"}
    if of.meta.type == MEMBER:
        stated |= {"户序": fields["户编号"].encode().hex()[-8:], "出生年月": f"{born[who]:%Y-%m}", "性别": "男"}
    named = ("key", "年度", "年月", "学年", "户编号", "类别", "病种")
    key = next((str(fields[name]) for name in named if fields.get(name)), "")
    return Word(
        type=of.meta.type,
        subject=who,
        key=key,
        op=op,
        as_of=DAY - timedelta(days=day),
        stated_at=SAID_AT,
        line=n + 1,
        id=f"w{n:03}",
        sending="s1",
        data=of.model_validate(stated) if op.says_so else None,
    )


def subjects(said: list[Word]) -> dict[str, Facts]:
    """What was last said, by subject."""
    found: dict[str, Facts] = {}
    for word in said:
        take(found.setdefault(word.subject, {}), word)
    return found


def households(said: list[Word], day: date) -> dict[str, Household]:
    """Both households with everyone who has any membership fact naming them, and the facts about their village."""
    by_subject = subjects(said)
    found = {}
    for ref in HOMES:
        members = {who: facts for who, facts in by_subject.items() if ref in facts.get(MEMBER, {})}
        home = found[ref] = Household(ref, by_subject.get(ref, {}), members)
        home.village = by_subject.get(village_of(home, living(home, day)), {})
    return found


def entry(word: Word) -> Entry:
    """A word as `shouwang words --json` prints it."""
    return {
        "type": word.type,
        "subject": word.subject,
        "key": word.key,
        "op": str(word.op),
        "as_of": word.as_of.isoformat(),
        "stated_at": word.stated_at.isoformat(),
        "line": word.line,
        "id": word.id,
        "data": None if word.data is None else json.loads(word.data.model_dump_json()),
    }


def closing(one: Came) -> Entry:
    """The word that closed a list's sending, likewise."""
    department, feed = one.fact.split(".")
    unread = [{"subject": subject, "key": key} for subject, key in one.unread]
    return {
        "type": f"{department}.sending.v1",
        "subject": "532927",
        "key": one.id,
        "op": "state",
        "as_of": one.as_of.isoformat(),
        "stated_at": SAID_AT.isoformat(),
        "line": 0,
        "id": f"closing {one.id}",
        "data": {"feed": feed, "shape": "list", "lists": [{"period": one.period, "area": "", "unread": unread}]},
    }
