"""From a table to rows: where the header is, what is no data, list or increment, what may leave this room."""

import importlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from stdnum.cn import ric

from contracts.vocabulary import Op, Shape
from shouwang.kit.adapter.declaration import Feed
from shouwang.kit.adapter.table import Cell, Delivery, Table
from shouwang.kit.adapter.translate import Reading, read_sheet
from shouwang.kit.identity import Identity

ZONE = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 7, 1)
NOW = datetime(2026, 7, 1, 9, tzinfo=ZONE)
IDENTITY = Identity(b"a key for these tests and nothing else")


def number(tail: int) -> str:
    digits = f"53292719850615{tail:03}"
    return digits + ric.calc_check_digit(digits + "0")


ONE, TWO, THREE = (number(tail) for tail in (201, 202, 203))


def feed(name: str) -> Feed:
    department, of = name.split(".")
    found: Feed = importlib.import_module(f"services.{department}.adapter").adapter.feeds[of]
    return found


PAID, ABSENCE, JOBS, HOMES = (
    feed(name)
    for name in (
        "health.self_paid_year",
        "education.school_absence",
        "human_resources.unemployment",
        "rural_affairs.household",
    )
)
MEMBERS, AID = feed("civil_affairs.household_member"), feed("civil_affairs.allowance")


def read(of: Feed, *rows: Sequence[Cell], **said: Any) -> Reading:
    table = Table(
        [(line, list(row)) for line, row in enumerate(rows, 1)], "xlsx", hidden_rows=said.pop("hidden", frozenset())
    )
    return read_sheet(of, table, Delivery("532927", DAY, NOW, IDENTITY, **said))


HEAD = ("姓名", "身份证号", "年度", "个人自付")


def test_the_header_is_found_under_titles_with_spaces_breaks_aliases_and_units() -> None:
    reading = read(
        PAID,
        ("2026年6月年度累计自付",),
        (),
        ("序号", "姓　名", "身份\n证号码", "年 度", "合规自付\n（单位：万元）", "备注"),
        ("1", "甲", ONE, "2026", "0.65", "x"),
    )
    assert [row.line for row in reading.rows] == [4]
    assert '"个人自付":"6500"' in reading.rows[0].content
    assert reading.columns == ("年度", "个人自付")
    assert reading.columns_dropped == ["序号", "备注"]
    assert reading.skipped == 2
    assert [(one.line, one.reason) for one in reading.warnings] == [(1, "title_row"), (2, "blank_row")]


@pytest.mark.parametrize(
    "heads",
    [
        [("姓名", "身份证号", "费用", None), (None, None, "年度", "个人自付")],
        [("人员", None, "年度", "个人自付"), ("姓名", "身份证号", None, None)],
    ],
)
def test_a_head_of_two_rows_is_one_head(heads: list[tuple[Cell, ...]]) -> None:
    reading = read(PAID, *heads, ("甲", ONE, "2026", "5"))
    assert not reading.refused
    assert [(row.line, row.key, row.trouble) for row in reading.rows] == [(3, "2026", None)]


def test_totals_notes_blanks_and_repeated_heads_are_no_data() -> None:
    reading = read(
        PAID, HEAD, ("甲", ONE, "2026", "5"), (None, "", " ", None), HEAD, ("乙", TWO, "2026", "6"),
        ("合 计", None, None, "11"), ("填表人：丙", None, "审核人：丁", None), (None, None, None, None, "第1页"),
    )  # fmt: skip
    assert [row.line for row in reading.rows] == [2, 5]
    reasons = [(one.line, one.reason) for one in reading.warnings]
    assert reasons == [(3, "blank_row"), (4, "title_row"), (6, "total_row"), (7, "title_row"), (8, "title_row")]
    assert reading.skipped == 5


def test_a_row_that_only_lacks_its_number_is_data() -> None:
    reading = read(PAID, HEAD, ("合芳", None, "2026", "5"), ("乙", TWO, "2026", "6"))
    assert reading.rows[0].trouble is not None
    assert (reading.rows[0].trouble.column, reading.rows[0].trouble.reason) == ("身份证号", "id_missing")
    assert reading.rows[0].name == IDENTITY.name("合芳")


def test_hidden_rows_are_data_and_are_named() -> None:
    reading = read(PAID, HEAD, ("甲", ONE, "2026", "5"), hidden=frozenset({2}))
    assert len(reading.rows) == 1
    assert [(one.line, one.reason) for one in reading.warnings] == [(2, "row_hidden")]


@pytest.mark.parametrize(
    ("head", "column", "named"),
    [
        (("姓名", "身份证件号", "年度"), "身份证号", "身份证件号"),
        (("姓名", "身份证号", "统计年度"), "年度", "统计年度"),
        (("甲", "乙"), "身份证号", ""),
    ],
)
def test_a_file_without_its_id_or_key_is_refused_with_the_likely_renamed_column(
    head: tuple[str, ...], column: str, named: str
) -> None:
    refused = read(PAID, head, ("甲", ONE, "2026")).refused
    assert refused is not None
    assert (refused.reason, refused.column) == ("column_missing", column)
    assert named in refused.hint


def test_on_a_list_feed_operations_in_every_row_make_an_increment_and_in_some_are_refused() -> None:
    head = (*HEAD, "变更类型")
    assert read(PAID, head, ("甲", ONE, "2026", "5", "更正"), ("乙", TWO, "2026", "5", "撤回")).shape is Shape.INCREMENT
    mixed = read(PAID, head, ("甲", ONE, "2026", "5", "更正"), ("乙", TWO, "2026", "5", ""))
    assert mixed.refused is not None
    assert mixed.refused.reason == "shape_mixed"
    assert read(PAID, head, ("甲", ONE, "2026", "5", ""), ("乙", TWO, "2026", "5", "无")).shape is Shape.LIST
    assert read(PAID, head, ("甲", ONE, "2026", "5", ""), shape=Shape.INCREMENT).rows[0].op is Op.STATE


def test_a_list_has_one_day_and_an_increment_one_for_each_row() -> None:
    head = (*HEAD, "截止日期")
    rows = (("甲", ONE, "2026", "5", "2026-06-29"), ("乙", TWO, "2026", "5", "2026-06-30"))
    refused = read(PAID, head, *rows).refused
    assert refused is not None
    assert refused.column == "数据日期"
    increment = read(PAID, head, *rows, shape=Shape.INCREMENT)
    assert [row.as_of.day for row in increment.rows] == [29, 30]
    assert increment.as_of == date(2026, 6, 30)


def test_the_day_is_the_rows_else_the_senders_else_the_countys() -> None:
    row = ("甲", ONE, "2026", "5")
    assert read(PAID, HEAD, row).as_of == DAY
    assert read(PAID, HEAD, row, as_of=date(2026, 6, 30)).as_of == date(2026, 6, 30)
    assert read(PAID, (*HEAD, "数据日期"), (*row, "2026-06-01"), as_of=date(2026, 6, 30)).as_of == date(2026, 6, 1)


def test_a_sending_for_a_later_day_is_refused_and_a_later_row_of_an_increment_rejected() -> None:
    row = ("甲", ONE, "2026", "5")
    for reading in (
        read(PAID, HEAD, row, as_of=date(2026, 7, 2)),
        read(PAID, (*HEAD, "数据日期"), (*row, "2026-07-02")),
        read(ABSENCE, ("身份证号", "数据日期"), (ONE, "2026-07-02")),
    ):
        assert reading.refused is not None
        assert reading.refused.reason == "future_date"
    mixed = read(ABSENCE, ("身份证号", "数据日期"), (ONE, "2026-07-02"), (TWO, "2026-07-01"))
    assert not mixed.refused
    assert [row.trouble.reason if row.trouble else None for row in mixed.rows] == ["future_date", None]


def test_a_list_is_stated_when_its_latest_row_says_else_when_it_came() -> None:
    head = (*HEAD, "报送时间")
    reading = read(PAID, head, ("甲", ONE, "2026", "5", "2026-06-30"), ("乙", TWO, "2026", "5", "2026-06-30 08:00"))
    assert reading.stated_at == datetime(2026, 6, 30, 8, tzinfo=ZONE)
    assert read(PAID, HEAD, ("甲", ONE, "2026", "5")).stated_at == NOW


def test_what_is_said_to_have_happened_may_not_lie_after_the_day() -> None:
    head = ("身份证号", "登记编号", "失业日期", "登记日期")
    rows = read(
        JOBS,
        head,
        (ONE, "a", "2026-06-30", "2026-06-30"),
        (TWO, "b", "2026-06-30", "2026-07-01"),
        as_of=date(2026, 6, 30),
    ).rows
    assert rows[0].trouble is None
    assert rows[1].trouble is not None
    assert (rows[1].trouble.column, rows[1].trouble.reason) == ("登记日期", "future_date")
    assert (rows[1].subject, rows[1].key) == (IDENTITY.person(TWO), "b")


def test_an_end_may_lie_ahead_and_an_empty_one_says_there_is_none() -> None:
    head = ("身份证号", "类别", "终止日期")
    rows = read(AID, head, (ONE, "低保", "2027-06-30"), (TWO, "低保", ""), (THREE, "低保", "-")).rows
    assert ['"终止日期":"2027-06-30"' in rows[0].content, *('"终止日期":"无"' in row.content for row in rows[1:])] == [
        True
    ] * 3
    assert "终止日期" not in read(AID, head[:2], (ONE, "低保")).rows[0].content


def test_keys_are_made_as_the_table_of_feeds_says() -> None:
    def keys(of: Feed, *rows: Sequence[Cell]) -> list[str | None]:
        return [row.key for row in read(of, *rows).rows]

    head = ("身份证号", "台账编号", "发现日期")
    assert keys(ABSENCE, head, (ONE, "C1", ""), (ONE, "", "2025-08-31"), (ONE, "", "")) == [
        "C1", "2024-2025", "2025-2026",
    ]  # fmt: skip
    assert keys(JOBS, ("身份证号", "登记编号", "失业日期"), (ONE, "S1", "2026-01-02"), (ONE, "", "2026年1月2日")) == [
        "S1",
        "2026-01-02",
    ]
    assert keys(AID, ("身份证号", "类别", "起始日期"), (ONE, "低保", ""), (ONE, "临时救助", "2026-04-05")) == [
        "低保", "临时救助/2026-04-05",
    ]  # fmt: skip
    assert keys(MEMBERS, ("身份证号", "户编号"), (ONE, "530-17")) == [IDENTITY.household("530-17")]
    assert keys(HOMES, ("户编号",), ("530-17",)) == [""]


@pytest.mark.parametrize(
    ("of", "head", "row", "column"),
    [
        (JOBS, ("身份证号", "登记编号", "失业日期"), (ONE, "", ""), "登记编号"),
        (AID, ("身份证号", "类别", "起始日期"), (ONE, "临时救助", ""), "起始日期"),
        (AID, ("身份证号", "类别", "起始日期"), (ONE, "", "2026-01-01"), "类别"),
        (MEMBERS, ("身份证号", "户编号"), (ONE, "无"), "户编号"),
        (PAID, ("身份证号", "年度"), (ONE, ""), "年度"),
    ],
)
def test_a_missing_key_is_said_with_the_column_to_fill(
    of: Feed, head: tuple[str, ...], row: tuple[Cell, ...], column: str
) -> None:
    (read_row,) = read(of, head, row, shape=Shape.INCREMENT).rows
    assert read_row.trouble is not None
    assert (read_row.trouble.column, read_row.trouble.reason) == (column, "key_missing")
    assert (read_row.subject, read_row.key) == (IDENTITY.person(ONE), None)


def test_a_household_without_its_number_is_id_missing() -> None:
    (row,) = read(HOMES, ("户编号", "户主姓名"), ("", "甲"), shape=Shape.INCREMENT).rows
    assert row.trouble is not None
    assert (row.trouble.column, row.trouble.reason) == ("户编号", "id_missing")


def test_a_withdrawal_needs_only_its_id_and_key() -> None:
    head = ("身份证号", "年度", "个人自付", "操作")
    rows = read(PAID, head, (ONE, "2026", "1.2万", "撤回"), (TWO, "", "5", "撤回")).rows
    assert [row.trouble.reason if row.trouble else None for row in rows] == [None, "key_missing"]
    assert (rows[0].op, rows[0].content) == (Op.WITHDRAW, "")


def test_an_empty_change_says_the_person_is_in_the_household() -> None:
    rows = read(MEMBERS, ("身份证号", "户编号", "变动"), (ONE, "17", ""), (TWO, "17", "无"), (THREE, "17", "迁出")).rows
    assert ['"变动":"在户"' in row.content for row in rows] == [True, True, False]
    assert '"变动":"在户"' in read(MEMBERS, ("身份证号", "户编号"), (ONE, "17")).rows[0].content


def test_a_key_that_holds_an_id_number_does_not_travel_in_clear() -> None:
    (row,) = read(ABSENCE, ("身份证号", "台账编号", "学校"), (ONE, f"CX{TWO}", f"校{TWO}")).rows
    assert row.key
    assert TWO not in row.key
    assert TWO not in row.content


def test_names_and_numbers_leave_only_for_the_vault() -> None:
    head = ("户编号", "户主姓名", "住址", "联系电话", "村民小组", "人均纯收入")
    reading = read(HOMES, head, ("530-17", "甲乙丙", "某村17号", "13800000000", "三组", "8000"))
    (person,) = reading.people
    assert person == (IDENTITY.household("530-17"), "530-17", "甲乙丙", "13800000000", "某村17号")
    assert not any(secret in repr(reading.rows) for secret in ("530-17", "甲乙丙", "某村", "13800000000"))
    assert '"村民小组":"三组"' in reading.rows[0].content
    members = read(MEMBERS, ("姓名", "身份证号", "户编号"), ("甲", ONE, "17"), ("甲", ONE, "18"))
    assert {(one.number, one.name) for one in members.people} == {(ONE, "甲"), ("17", ""), ("18", "")}
    assert not any(secret in repr(members.rows) for secret in (ONE, "甲"))


def test_a_confirmed_number_is_known_by_its_digest() -> None:
    days = [f"{month:02}{day:02}" for month in range(1, 13) for day in range(1, 28)]
    digits = next(f"5329271985{day}100" for day in days if ric.calc_check_digit(f"5329271985{day}1000") == "0")
    rare = digits + "0"
    rows = (HEAD, ("甲", rare, "2026", "5"), ("乙", ONE, "2026", "5"))
    assert read(PAID, *rows).rows[0].trouble is not None
    assert read(PAID, *rows, confirmed=frozenset({IDENTITY.digest(rare)})).rows[0].trouble is None


def test_a_list_without_a_readable_row_is_refused_and_an_empty_increment_is_not() -> None:
    for reading in (read(PAID, HEAD), read(PAID, HEAD, ("甲", "5.3E+17", "2026", "5"))):
        assert reading.refused is not None
        assert reading.refused.reason == "nothing_readable"
    assert not read(ABSENCE, ("身份证号",)).refused
    bad = read(ABSENCE, ("身份证号",), ("5.3E+17",))
    assert not bad.refused
    assert bad.rows[0].trouble is not None


def test_short_rows_are_read_as_far_as_they_go() -> None:
    (row,) = read(PAID, HEAD, ("甲", ONE, "2026")).rows
    assert row.trouble is None
    assert "个人自付" not in row.content
