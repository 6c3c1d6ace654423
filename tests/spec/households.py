"""Random households of the six feeds for Hypothesis, and the same as the plain recomputation reads them."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from contracts.catalogue import BY_NAME
from contracts.vocabulary import Op
from services.alerts.domain.household import MEMBER, Household
from services.alerts.domain.word import Facts, Word, take
from tests.oracle import Entry

DAY = date(2026, 3, 1)
"""Around this day everything random happens."""
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
    _fact("health.self_paid_year", {"年度": st.sampled_from(["2025", "2026", "2027"]), "个人自付": maybe(amounts)}),
    _fact(
        "human_resources.unemployment",
        {
            "key": st.sampled_from(["SY1", "SY2", "SY3"]),
            "失业日期": maybe(near(250, 30)),
            "状态": maybe(st.sampled_from(["失业", "失业", "已再就业"])),
        },
    ),
)
of_a_household = _fact(
    "rural_affairs.household",
    {
        "村代码": maybe(st.sampled_from(VILLAGES)),
        "户类型": maybe(st.sampled_from(["脱贫户", "一般农户"])),
        "人均纯收入": st.sampled_from([Decimal(5000), Decimal(8699), Decimal(8700), None]),
    },
)
births = {
    "父": st.dates(date(1965, 1, 1), date(1990, 12, 31)),
    "母": st.dates(date(1966, 1, 1), date(1967, 12, 31)),
    "子": st.dates(date(2008, 6, 1), date(2011, 1, 1)),
    "女": st.dates(date(2013, 1, 1), date(2021, 1, 1)),
}
"""Around the ages at which answers change: 6, 16, 17 and 60."""


@st.composite
def words(draw: st.DrawFn) -> list[Word]:
    """What was ever said of two households and the people who live in either: repeated, corrected, withdrawn."""
    born = {person: draw(births[person]) for person in PEOPLE}
    said = [(person, _home()) for person in PEOPLE]
    said.append((HOMES[0], draw(of_a_household)))
    said += draw(st.lists(st.tuples(st.sampled_from(PEOPLE), of_a_person), min_size=4, max_size=14))
    said += draw(st.lists(st.tuples(st.sampled_from(HOMES), of_a_household), max_size=2))
    often = [Op.STATE] * 6 + [Op.CORRECT, Op.WITHDRAW, Op.OMIT]
    ops = draw(st.lists(st.sampled_from(often), min_size=len(said), max_size=len(said)))
    days = draw(st.lists(st.integers(0, 5), min_size=len(said), max_size=len(said)))
    return [
        _word(n, who, name, fields, Op.STATE if name == MEMBERSHIP and n < len(PEOPLE) else op, d, born)
        for n, ((who, (name, fields)), op, d) in enumerate(zip(said, ops, days, strict=False))
    ]


def _home() -> tuple[str, dict[str, Any]]:
    return MEMBERSHIP, {"户编号": HOMES[0], "村代码": VILLAGES[0], "生效日期": None, "变动": "在户"}


def _word(n: int, who: str, name: str, fields: dict[str, Any], op: Op, day: int, born: dict[str, date]) -> Word:
    of = BY_NAME[name]
    stated = {key: value for key, value in fields.items() if key != "key"}
    if of.meta.type == MEMBER:
        stated |= {"户序": fields["户编号"].encode().hex()[-8:], "出生年月": f"{born[who]:%Y-%m}", "性别": "男"}
    key = fields.get("key") or fields.get("年度") or fields.get("户编号") or fields.get("类别") or ""
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


def households(said: list[Word]) -> dict[str, Household]:
    """Both households with everyone who has any membership fact naming them."""
    subjects: dict[str, Facts] = {}
    for word in said:
        take(subjects.setdefault(word.subject, {}), word)
    return {
        ref: Household(
            ref, subjects.get(ref, {}), {who: facts for who, facts in subjects.items() if ref in facts.get(MEMBER, {})}
        )
        for ref in HOMES
    }


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
