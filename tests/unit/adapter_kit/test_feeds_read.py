"""What rows of the feeds say that no other feed has: none where a cell is empty, villages, hashes (docs/feeds.md)."""

import importlib
import json
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from contracts.vocabulary import Shape
from shouwang.kit.adapter.sending import Row
from shouwang.kit.adapter.table import Cell, Delivery, Table
from shouwang.kit.adapter.translate import Reading, read_sheet
from shouwang.kit.identity import Identity

IDENTITY = Identity(b"a county key that only these tests know")
DAY = date(2026, 7, 15)
AT = datetime(2026, 7, 15, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
ONE, VILLAGE = "532927197806212034", "532927101203"


def read(of: str, **cells: Cell) -> Reading:
    """One row of `department.feed`, as an increment, as of the county's day."""
    department, name = of.split(".")
    feed = importlib.import_module(f"services.{department}.adapter").adapter.feeds[name]
    table = Table([(0, list(cells)), (1, list(cells.values()))])
    return read_sheet(feed, table, Delivery("532927", DAY, AT, IDENTITY, Shape.INCREMENT))


def row(of: str, **cells: Cell) -> Row:
    (found,) = read(of, **cells).rows
    return found


def said(of: str, **cells: Cell) -> dict[str, Any]:
    found = row(of, **cells)
    assert found.trouble is None, found.trouble
    content: dict[str, Any] = json.loads(found.content)
    return content


def reason(of: str, **cells: Cell) -> tuple[str, str]:
    found = row(of, **cells)
    assert found.trouble is not None
    return found.trouble.column, found.trouble.reason


@pytest.mark.parametrize("empty", ["", "-", "/", "无", None])
def test_of_a_monitored_household_only_its_first_risk_can_be_not_stated(empty: Cell) -> None:
    columns = ("风险1", "风险2", "风险3", "风险4", "风险5", "消除时间", "消除方式", "帮扶措施")
    none = dict.fromkeys(columns[1:], "无")
    assert said("rural_affairs.monitored", 户编号="17", **dict.fromkeys(columns, empty)) == none


def test_measures_are_told_apart_by_the_pause_comma() -> None:
    monitored = said("rural_affairs.monitored", 户编号="17", 帮扶措施="就业帮扶 、、综合保障、")
    assert monitored["帮扶措施"] == "就业帮扶、综合保障"
    assert said("rural_affairs.monitored", 户编号="17", 帮扶措施="、")["帮扶措施"] == "无"


def test_a_removal_may_not_lie_ahead_and_none_is_no_day() -> None:
    assert reason("rural_affairs.monitored", 户编号="17", 消除时间="2026-07-16") == ("消除时间", "future_date")
    assert said("rural_affairs.monitored", 户编号="17", 消除时间="2026-07-15")["消除时间"] == "2026-07-15"
    assert reason("rural_affairs.monitored", 户编号="17", 消除方式="自己好了") == ("消除方式", "value_unknown")


def test_the_name_of_a_monitored_household_is_an_unknown_column() -> None:
    reading = read("rural_affairs.monitored", 户编号="17", 户主姓名="甲乙丙")
    assert reading.columns_dropped == ["户主姓名"]
    assert [one.name for one in reading.people] == [""]


@pytest.mark.parametrize(
    ("of", "key", "last"),
    [
        ("rural_affairs.village_event", {"村代码": VILLAGE, "事件编号": "S1"}, "结束日期"),
        ("human_resources.public_post", {"身份证号": ONE}, "终止日期"),
    ],
)
def test_a_last_day_may_lie_ahead_and_be_none(of: str, key: dict[str, Cell], last: str) -> None:
    assert said(of, **key, **{last: "2030-01-01"})[last] == "2030-01-01"
    assert said(of, **key, **{last: "/"})[last] == "无"


def test_a_village_is_its_own_reference_and_nobody_for_the_vault() -> None:
    for code in (VILLAGE, int(VILLAGE), float(VILLAGE)):
        reading = read("rural_affairs.village_event", 村代码=code, 事件编号="S1", 事件类型="自然灾害")
        (found,) = reading.rows
        assert (found.subject, found.key, found.trouble) == (VILLAGE, "S1", None)
        assert reading.people == []


def test_a_village_event_needs_its_village_and_its_number() -> None:
    assert reason("rural_affairs.village_event", 村代码="", 事件编号="S1") == ("村代码", "id_missing")
    assert reason("rural_affairs.village_event", 村代码="53292710120", 事件编号="S1") == ("村代码", "code_invalid")
    assert reason("rural_affairs.village_event", 村代码="532928101203", 事件编号="S1") == ("村代码", "code_invalid")
    assert reason("rural_affairs.village_event", 村代码=VILLAGE, 事件编号="无") == ("事件编号", "key_missing")


def test_a_diagnosis_is_stated_but_its_key_does_not_name_it() -> None:
    found, spelt = (row("health.serious_illness", 身份证号=ONE, 病种=text) for text in ("尿毒症", "尿 毒症"))
    other = row("health.serious_illness", 身份证号=ONE, 病种="肺癌")
    assert found.key == spelt.key == "k1" + IDENTITY.digest("尿毒症")
    assert found.key != other.key
    assert json.loads(found.content) == {"病种": "尿毒症"}
    assert reason("health.serious_illness", 身份证号=ONE, 病种="-") == ("病种", "key_missing")


@pytest.mark.parametrize(("month", "fine"), [("2026-07", True), ("2026年8月", False), ("202512", True)])
def test_a_month_may_not_begin_after_the_day(month: str, fine: bool) -> None:
    for of, column in (
        ("education.enrolment", "入学年月"),
        ("health.outpatient_month", "年月"),
        ("human_resources.migrant_work", "年月"),
        ("human_resources.insured_month", "年月"),
    ):
        found = row(of, 身份证号=ONE, **{column: month})
        assert (found.trouble and (found.trouble.column, found.trouble.reason)) == (
            None if fine else (column, "future_date")
        )


def test_a_year_or_school_year_may_lie_ahead() -> None:
    assert row("health.insurance_year", 身份证号=ONE, 年度="2027年").key == "2027"
    assert row("education.school_cost", 身份证号=ONE, 学年="2026—2027学年").key == "2026-2027"
    assert reason("education.school_cost", 身份证号=ONE, 学年="2026") == ("学年", "year_invalid")


@pytest.mark.parametrize("grade", ["2", 2, 2.0, "２"])
def test_a_disability_grade_is_a_digit_however_it_is_written(grade: Cell) -> None:
    assert said("rural_affairs.member_condition", 身份证号=ONE, 残疾等级=grade) == {"残疾等级": "2"}


@pytest.mark.parametrize("grade", ["二级", "0", "5", 1.5])
def test_any_other_grade_is_an_unknown_value(grade: Cell) -> None:
    assert reason("rural_affairs.member_condition", 身份证号=ONE, 残疾等级=grade) == ("残疾等级", "value_unknown")


def test_housing_grades_are_the_letters_a_to_d() -> None:
    assert said("rural_affairs.household", 户编号="17", 住房等级="Ｄ") == {"住房等级": "D"}
    assert reason("rural_affairs.household", 户编号="17", 住房等级="E") == ("住房等级", "value_unknown")
