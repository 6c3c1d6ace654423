"""What the language takes, what it refuses, and what it says about a document without running it."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.alerts.domain.condition import Compiler
from services.alerts.domain.household import Household, Lists, living
from services.alerts.domain.node import Language, Refused, Term, Threshold, parse
from services.alerts.domain.parameters import Line, Parameter
from services.alerts.domain.scope import Law, Scope, Sign
from services.alerts.domain.values import Answer
from services.alerts.domain.worked_case import HOME, Given, Received, build

DAY = date(2026, 6, 15)
LINES = Parameter("line", "线", "元", "-", (Line(Decimal(100), date(2026, 1, 1)), Line(Decimal(200), date(2027, 1, 1))))
TERM = Term("jobless", "{who}失业", ("who",), parse('any(u.状态 == "失业" for u in who.unemployment)'))
LANGUAGE = Language({"jobless": TERM}, {"line": LINES}, {"dropout": True, "job_lost": True, "low_income": False})

ABSENCE = "education.school_absence"
PAID = "health.self_paid_year"
JOB = "human_resources.unemployment"
SURVEY = "rural_affairs.household"
AID = "civil_affairs.allowance"


def scope(*given: tuple[str, str, Mapping[str, Any]], received: tuple[Received, ...] = (), today: date = DAY) -> Scope:
    people = {"父": date(1980, 3, 10), "子": date(2014, 5, 20)}
    homes, lists = build(people, [Given(fact, who, fields, DAY) for fact, who, fields in given], received)
    found = Scope(homes[HOME], living(homes[HOME], today), today, lists, Law((), "一般农户"))
    found.env[0] = next(one for one in found.members if one.ref == "父")
    return found


def says(text: str, at: Scope, root: str = "person") -> Answer:
    said: Answer = Compiler(LANGUAGE, root).condition(text).run(at)
    return said


REFUSED = [
    ("person.school_absense", "没有“school_absense”这一路数据"),
    ("latest(person.school_absence).缺课", "没有“缺课”这一栏"),
    ('latest(person.school_absence).状态 == "疑似缀学"', "没有“疑似缀学”这个值"),
    ('latest(person.school_absence).状态 < "已复学"', "分不出大小"),
    ("latest(person.school_absence).发现日期 > 5", "日期不能与数比较"),
    ("person.school_absence.状态", "先用 latest"),
    ("household.household.人均纯收入", "写一个条件"),
    ('household.household.人均纯收入 < limit("lime")', "没有“lime”"),
    ("open('/etc/passwd')", "不认识“open"),
    ("person.__class__", "没有“__class__”"),
    ("(lambda: True)()", "不认识"),
    ("[m for m in members]", "没有这种写法"),
    ("True", "不能用 `True`"),
    ("age(person) >", "写法不对"),
    ("today + 1 > 5", "每天都变"),
    ("within(latest(person.unemployment).失业日期, 1.5)", "整数"),
    ('has("dropout")', "只能写在规则里"),
    ("missing(latest(person.unemployment))", "不是名单"),
    ("any(m for m in members)", "应是条件"),
    ("any(age(m) > 3 for m in 5)", "in 后面"),
    ("jobless()", "要 1 个参数"),
    ("age(person, person) > 3", "要 1 个参数"),
    ("year(person) == '2026'", "只能写 today"),
    ("person.self_paid_year[today].个人自付 > 1", "每天都变"),
    ("age(person) in (16, '17')", "同类的固定值"),
]


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_what_is_outside_the_vocabulary_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason.replace("(", r"\(")):
        Compiler(LANGUAGE, "person").condition(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [('has("droput")', "没有信号“droput”"), ('apart("dropout", "low_income") < 3', "没有日期的是 low_income")],
)
def test_a_rule_names_signals_that_are_there(text: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        Compiler(LANGUAGE, "rule").condition(text)


def test_a_refusal_names_the_line_of_a_condition_of_several_lines() -> None:
    with pytest.raises(Refused) as refused:
        Compiler(LANGUAGE, "person").condition("age(person) > 3\nand age(person) > 4\nand nothing(5)")
    assert refused.value.line == 3


def test_an_empty_field_is_unknown_and_unknown_spreads() -> None:
    at = scope((JOB, "父", {"登记编号": "1", "失业日期": "2026-05-01"}))
    assert says('latest(person.unemployment).状态 == "失业"', at) is None
    assert says('not latest(person.unemployment).状态 == "失业"', at) is None
    assert says('latest(person.unemployment).状态 == "失业" and age(person) < 3', at) is False
    assert says('latest(person.unemployment).状态 == "失业" or age(person) > 3', at) is True
    assert says('known(latest(person.unemployment).状态 == "失业")', at) is False
    assert says("empty(latest(person.unemployment).状态)", at) is True
    assert says("stated(latest(person.unemployment).失业日期)", at) is True


def test_not_in_a_list_is_known_once_the_list_came_and_could_read_the_person() -> None:
    text = 'missing(person.self_paid_year["2026"])'
    assert says(text, scope()) is None
    assert says(text, scope(received=(Received(PAID, "2025"),))) is None
    assert says(text, scope(received=(Received(PAID, "2026", ("父",)),))) is None
    assert says(text, scope(received=(Received(PAID, "2026"),))) is True
    assert says(text, scope((PAID, "父", {"年度": "2026"}))) is False
    assert says('listed(person.self_paid_year["2026"])', scope((PAID, "父", {"年度": "2026"}))) is True


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("any(age(m) < 16 for m in members)", True),
        ("all(age(m) < 60 for m in members)", True),
        ("all(age(m) < 16 for m in members if age(m) < 20)", True),
        ("count(m for m in members if age(m) < 16) == 1", True),
        ("max(age(m) for m in members) == 46", True),
        ("min(age(m) for m in members) == 12", True),
        ("sum(p.个人自付 for p in person.self_paid_year) >= 500", True),
        ("sum(p.个人自付 for p in person.self_paid_year) >= 501", None),
        ("sum(p.个人自付 for p in person.self_paid_year) < 501", None),
        ("sum(p.个人自付 for p in person.self_paid_year) < 500", False),
        ("count(p for p in person.self_paid_year if p.个人自付 >= 100) >= 2", None),
        ("count(p for p in person.self_paid_year if p.个人自付 >= 100) >= 1", True),
        ("any(jobless(m) for m in members)", False),
        ('school_year(today) == "2025-2026"', True),
        ('max(p.年度 for p in person.self_paid_year) == "2026"', True),
    ],
)
def test_generators_count_and_add_what_is_known(text: str, said: Answer) -> None:
    at = scope((PAID, "父", {"年度": "2025", "个人自付": 500}), (PAID, "父", {"年度": "2026"}))
    assert says(text, at) is said


def test_an_unknown_fee_may_still_be_enough_and_an_unknown_aid_is_not() -> None:
    at = scope((PAID, "父", {"年度": "2026", "医疗总费用": 900, "基本医保支付": 100}))
    year = 'person.self_paid_year["2026"]'
    assert says(f"{year}.医疗总费用 + {year}.个人自付 - {year}.基本医保支付 >= 800", at) is True
    assert says(f"{year}.医疗总费用 + {year}.个人自付 - {year}.基本医保支付 < 900", at) is None
    assert says(f"{year}.医疗总费用 - {year}.医疗救助支付 >= 1", at) is None


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("within(latest(person.unemployment).失业日期, 60)", date(2026, 7, 1)),
        ("days_since(latest(person.unemployment).失业日期) > 60", date(2026, 7, 1)),
        ("days_since(latest(person.unemployment).失业日期) >= 60", date(2026, 6, 30)),
        ("latest(person.unemployment).失业日期 <= today", None),
        ("latest(person.unemployment).登记日期 <= today", date(2026, 8, 1)),
        ("age(person) < 60", date(2027, 3, 1)),
        ("person.self_paid_year[year(today)].个人自付 < 3", date(2027, 1, 1)),
        ('school_year(today) == "2025-2026"', date(2026, 9, 1)),
        ('household.household.人均纯收入 < limit("line")', date(2027, 1, 1)),
        ('latest(person.unemployment).状态 == "失业"', None),
    ],
)
def test_what_reads_today_says_when_its_answer_can_next_flip(text: str, due: date | None) -> None:
    at = scope(
        (JOB, "父", {"登记编号": "1", "失业日期": "2026-05-01", "登记日期": "2026-08-01", "状态": "失业"}),
        (SURVEY, HOME, {"人均纯收入": 50}),
    )
    says(text, at)
    assert due is None or at.due is not None
    assert at.due is None or (due is not None and at.due <= due)
    assert due is None or due - (at.due or due) <= date(2026, 7, 1) - date(2026, 6, 30)


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        ('latest(person.school_absence).状态 == "已辍学"', {ABSENCE}),
        ('latest(person.school_absence).状态 == "已辍学" and age(person) > 3', {ABSENCE}),
        ('latest(person.school_absence).状态 == "已辍学" or age(person) > 3', None),
        ('not latest(person.school_absence).状态 == "已辍学"', None),
        ("any(within(u.失业日期, 3) for u in person.unemployment)", {JOB}),
        ("count(u for u in person.unemployment) >= 1", {JOB}),
        ("count(u for u in person.unemployment) >= 0", None),
        ("any(jobless(m) for m in members)", None),
        ('missing(person.self_paid_year["2026"])', None),
    ],
)
def test_what_a_condition_cannot_hold_without_is_found_from_its_tree(text: str, needs: set[str] | None) -> None:
    found = Compiler(LANGUAGE, "person").condition(text).needs
    assert found == (None if needs is None else {f"{name}.v1" for name in needs})


@pytest.mark.parametrize(
    ("text", "coverage"),
    [
        ("person.self_paid_year[year(today)].个人自付 > 3", set()),
        ("known(household.household.人均纯收入 > 3)", set()),
        ("age(person) > 3 and not person.self_paid_year[year(today)].个人自付 > 3", {PAID}),
        ('missing(person.self_paid_year["2026"])', {PAID}),
        ("person.self_paid_year[year(today)].个人自付 > 3 and household.household.人均纯收入 > 3", {SURVEY}),
    ],
)
def test_a_list_counts_as_read_where_its_arrival_alone_can_change_the_answer(text: str, coverage: set[str]) -> None:
    compiler = Compiler(LANGUAGE, "person")
    compiler.condition(text)
    assert compiler.reads.coverage == {f"{name}.v1" for name in coverage}


def test_the_types_fields_and_limits_a_condition_reads_are_found_from_its_tree() -> None:
    compiler = Compiler(LANGUAGE, "person")
    compiler.condition('jobless(person) and household.household.人均纯收入 < limit("line")')
    assert compiler.reads.types == {f"{JOB}.v1", f"{SURVEY}.v1"}
    assert compiler.reads.fields == {(f"{JOB}.v1", "状态"), (f"{SURVEY}.v1", "人均纯收入")}
    assert compiler.reads.limits == {"line"}


def sign(subject: str, risk: str, department: str, on: date | None) -> Sign:
    return Sign(subject, risk, department, on)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('has("dropout")', True),
        ('has("low_income")', None),
        ('has("low_income", "dropout")', True),
        ('any(has("dropout", of=m) and age(m) < 16 for m in members)', True),
        ('any(has("dropout", of=m) and age(m) > 16 for m in members)', False),
        ('kinds("dropout", "job_lost") >= 2', True),
        ('departments("dropout", "job_lost") >= 3', False),
        ('departments("dropout", "job_lost", "low_income") >= 3', None),
        ('different("dropout", "job_lost") == 2', True),
        ('apart("dropout", "job_lost") <= 31', True),
        ('apart("dropout", "job_lost") < 30', None),
    ],
)
def test_rules_ask_about_standing_signals_and_do_not_guess_at_unknown_ones(text: str, said: Answer) -> None:
    at = scope()
    at.signs["dropout"] = [sign("子", "因学", "education", date(2026, 5, 1)), sign("女", "因学", "education", None)]
    at.signs["job_lost"] = [sign("父", "务工就业不稳", "human_resources", date(2026, 4, 1))]
    at.unknown.add("low_income")
    assert says(text, at, "rule") is said


def test_a_threshold_knows_which_boundary_no_case_has_met() -> None:
    watch: list[Threshold] = []
    run = Compiler(LANGUAGE, "household", watch).condition('household.household.人均纯收入 < limit("line")').run
    (threshold,) = watch
    run(scope((SURVEY, HOME, {"人均纯收入": 100})))
    assert threshold.missing() == ["刚好 200", "成立的一侧"]
    run(scope((SURVEY, HOME, {"人均纯收入": 99})))
    run(scope((SURVEY, HOME, {"人均纯收入": 200}), today=date(2027, 1, 1)))
    assert threshold.missing() == []


def test_a_line_of_one_place_beats_that_of_the_county_and_a_class_beats_no_class() -> None:
    day = date(2020, 1, 1)
    lines = (
        Line(Decimal(1), day),
        Line(Decimal(2), day, place="532927100"),
        Line(Decimal(3), day, class_="脱贫户"),
        Line(Decimal(4), date(2026, 7, 1)),
    )
    parameter = Parameter("x", "x", "元", "-", lines)
    assert parameter.value("一般农户", "532927101201", DAY) == (Decimal(1), date(2026, 7, 1))
    assert parameter.value("一般农户", "532927100201", DAY)[0] == 2
    assert parameter.value("脱贫户", "532927100201", DAY)[0] == 3
    assert parameter.value("一般农户", "", date(2026, 7, 1)) == (Decimal(4), None)
    assert parameter.value("一般农户", "", date(2019, 12, 31)) == (None, day)


def test_an_empty_household_has_nobody_to_ask() -> None:
    assert living(Household("h"), DAY) == []
    assert not Lists().says("t", "", "父", "")
