"""Long timelines of one household: the story of the slice, told day by day."""

from datetime import date, timedelta

import pytest

from services.alerts.domain.judgement import Judgement, judge
from services.alerts.domain.worked_case import HOME, Given, build
from services.alerts.policy import Policy

PEOPLE = {"父": date(1980, 3, 10), "母": date(1982, 1, 5), "子": date(2014, 5, 20)}
BEGIN = date(2026, 1, 1)
JOB = Given(
    "human_resources.unemployment",
    "父",
    {"登记编号": "SY1", "失业日期": "2026-03-10", "状态": "失业"},
    date(2026, 3, 12),
)
SCHOOL = Given(
    "education.school_absence",
    "子",
    {"台账编号": "CX1", "发现日期": "2026-05-01", "状态": "疑似辍学"},
    date(2026, 5, 6),
)
BACK = Given(
    "education.school_absence", "子", {"台账编号": "CX2", "发现日期": "2026-09-01", "状态": "已复学"}, date(2026, 9, 3)
)
BILLS = [
    Given("health.self_paid_year", "母", {"年度": "2026", "个人自付": amount}, date(2026, month, 1))
    for month, amount in ((3, 2000), (5, 12000), (7, 20000))
]
STORY = [JOB, SCHOOL, *BILLS, BACK]


def on(policy: Policy, day: date, story: list[Given]) -> Judgement:
    homes, lists = build(PEOPLE, [one for one in story if one.as_of <= day])
    return judge(homes[HOME], policy, day, lists)


def levels(found: Judgement) -> dict[str, str]:
    return {one.rule: one.level for one in found.alerts}


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 3, 11), {}),
        (date(2026, 3, 12), {"livelihood": "yellow"}),
        (
            date(2026, 5, 6),
            {
                "livelihood": "yellow",
                "schooling": "orange",
                "schooling_after_income_loss": "red",
                "cross_department": "orange",
                "illness_and_income": "orange",
            },
        ),
        (
            date(2026, 7, 1),
            {
                "livelihood": "yellow",
                "schooling": "orange",
                "schooling_after_income_loss": "red",
                "cross_department": "red",
                "illness": "yellow",
                "illness_and_income": "orange",
            },
        ),
        (
            date(2026, 9, 3),
            {
                "livelihood": "yellow",
                "cross_department": "orange",
                "illness": "yellow",
                "illness_and_income": "orange",
            },
        ),
        (date(2026, 9, 7), {"illness": "yellow"}),
        (date(2026, 12, 31), {"illness": "yellow"}),
        (date(2027, 1, 1), {}),
    ],
)
def test_a_father_loses_his_job_a_child_stays_away_a_bill_grows(
    policy: Policy, day: date, expected: dict[str, str]
) -> None:
    assert levels(on(policy, day, STORY)) == expected


def test_between_words_and_due_days_nothing_changes(policy: Policy) -> None:
    days = [BEGIN + timedelta(days=n) for n in range(500)]
    told = {one.as_of for one in STORY}
    found = on(policy, BEGIN, STORY)
    for day in days:
        fresh = on(policy, day, STORY)
        if day in told or (found.due is not None and found.due <= day):
            found = fresh
        assert fresh.alerts == found.alerts, day


def test_evidence_says_in_chinese_what_it_rests_on(policy: Policy) -> None:
    alerts = {one.rule: one for one in on(policy, date(2026, 7, 1), STORY).alerts}
    said = [one.says for one in alerts["cross_department"].signals]
    assert said == [
        "2026年5月1日列入疑似辍学台账，状态为疑似辍学，年龄12岁",
        "2026年3月10日失业，登记状态为失业",
        "2026年累计自付20,000元，达到一般农户限额20,000元",
    ]
    assert [one.id for one in alerts["cross_department"].signals] == ["dropout", "job_lost", "medical_burden"]
