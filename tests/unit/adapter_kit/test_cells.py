"""How a cell is read (docs/feeds.md), one test per sentence."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from shouwang.kit.adapter import amounts, cells, dates
from shouwang.kit.adapter.reasons import HINTS, Unreadable
from shouwang.kit.adapter.table import Cell, Formula

TODAY = date(2026, 7, 1)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def number(digits: str) -> str:
    return digits + ric.calc_check_digit(digits + "0")


GOOD = number("53292719850615201")


def reason(read: Callable[[], object]) -> str:
    with pytest.raises(Unreadable) as caught:
        read()
    assert "{" not in caught.value.hint.format(column="列")
    return caught.value.reason


@pytest.mark.parametrize("empty", ["", " ", "-", "/", "无", "　", "－", None])
def test_empty_a_dash_a_slash_and_none_are_not_stated(empty: Cell) -> None:
    for read in (cells.text_of, cells.code_of, amounts.amount_of, amounts.count_of, dates.date_of, dates.month_of):
        assert read(empty) is None
    assert dates.year_of(empty) is None
    assert dates.school_year_of(empty) is None
    assert dates.moment_of(empty, SHANGHAI) is None
    assert cells.village_of(empty, "532927") is None
    assert cells.household_of(empty) is None
    assert cells.choice_of(empty, ("是", "否")) is None


@pytest.mark.parametrize(
    "cell",
    [
        "2026-04-05", "2026/4/5", "20260405", "2026年4月5日", "２０２６－０４－０５", " 2026/04/05 ",
        date(2026, 4, 5), datetime(2026, 4, 5, 0, 0), Formula(date(2026, 4, 5)), Formula("2026-04-05"),
    ],
)  # fmt: skip
def test_a_date_is_read_in_each_of_its_spellings(cell: Cell) -> None:
    assert dates.date_of(cell) == date(2026, 4, 5)


@pytest.mark.parametrize(
    "cell",
    ["26.9.1", "2026.4.5", 46266, 46266.0, 20260405, "46266", "2026-13-01", "2026-02-30", "0026-01-01", "明天", True],
)
def test_anything_else_is_no_date_serial_numbers_included(cell: Cell) -> None:
    assert reason(lambda: dates.date_of(cell)) == "date_invalid"


@pytest.mark.parametrize("cell", ["2026-04", "202604", "2026年4月", date(2026, 4, 1)])
def test_a_month_is_read_in_each_of_its_spellings(cell: Cell) -> None:
    assert dates.month_of(cell) == "2026-04"


@pytest.mark.parametrize("cell", [202604, "2026-13", "4月", "2026年", 46266])
def test_anything_else_is_no_month(cell: Cell) -> None:
    assert reason(lambda: dates.month_of(cell)) == "month_invalid"


@pytest.mark.parametrize("cell", ["2026", "2026年", 2026, 2026.0])
def test_a_year_is_read_as_text_or_number(cell: Cell) -> None:
    assert dates.year_of(cell) == "2026"


@pytest.mark.parametrize("cell", ["26", "2026年度", 46266, 2026.5, date(2026, 1, 1)])
def test_anything_else_is_no_year(cell: Cell) -> None:
    assert reason(lambda: dates.year_of(cell)) == "year_invalid"


@pytest.mark.parametrize("cell", ["2025-2026", "2025—2026学年", "2025–2026", "2025－2026 学年", "2025~2026"])
def test_a_school_year_has_any_dash_and_an_optional_word(cell: Cell) -> None:
    assert dates.school_year_of(cell) == "2025-2026"


@pytest.mark.parametrize("cell", ["2025-2027", "2026-2025", "2025", 2025])
def test_two_years_that_do_not_follow_are_no_school_year(cell: Cell) -> None:
    assert reason(lambda: dates.school_year_of(cell)) == "year_invalid"


def test_a_school_year_begins_in_september() -> None:
    assert dates.school_year(date(2026, 8, 31)) == "2025-2026"
    assert dates.school_year(date(2026, 9, 1)) == "2026-2027"


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2026-04-05", datetime(2026, 4, 5, tzinfo=SHANGHAI)),
        ("2026-04-05 08:30", datetime(2026, 4, 5, 8, 30, tzinfo=SHANGHAI)),
        ("2026/4/5 8:30:15", datetime(2026, 4, 5, 8, 30, 15, tzinfo=SHANGHAI)),
        ("2026-04-05T08:30:15", datetime(2026, 4, 5, 8, 30, 15, tzinfo=SHANGHAI)),
        (datetime(2026, 4, 5, 8, 30), datetime(2026, 4, 5, 8, 30, tzinfo=SHANGHAI)),
    ],
)
def test_a_moment_is_a_date_or_a_date_and_time(cell: Cell, moment: datetime) -> None:
    assert dates.moment_of(cell, SHANGHAI) == moment


def test_a_time_that_does_not_exist_is_no_moment() -> None:
    assert reason(lambda: dates.moment_of("2026-04-05 25:00", SHANGHAI)) == "date_invalid"


@pytest.mark.parametrize(
    ("cell", "amount"),
    [
        ("1234.50", "1234.50"), ("1,234.50", "1234.50"), ("１，２３４．５０", "1234.50"), ("￥1,234.50元", "1234.50"),
        ("¥12", "12"), ("0", "0"), (5000, "5000"), (2278.2900000000004, "2278.29"),
        (1e-7, "0.00"), (Formula(12.5), "12.5"),
    ],
)  # fmt: skip
def test_an_amount_is_read_plain_with_separators_or_signs(cell: Cell, amount: str) -> None:
    assert amounts.amount_of(cell) == Decimal(amount)


def test_ten_thousands_are_said_by_the_header() -> None:
    assert amounts.amount_of("0.057244", 10_000) == Decimal("572.44")
    assert amounts.amount_of(1.666084, 10_000) == Decimal("16660.84")


@pytest.mark.parametrize(
    "cell", [-1, "-1", "1.2万", "12,34", "十元", float("nan"), float("inf"), 1e13, True, "1e5", "1.2.3"]
)
def test_negative_and_wordy_amounts_are_invalid(cell: Cell) -> None:
    assert reason(lambda: amounts.amount_of(cell)) == "amount_invalid"


@given(st.decimals(0, 10**9, places=2))
def test_every_amount_is_read_back_however_it_is_written(amount: Decimal) -> None:
    for spelling in (f"{amount}", f"{amount:,}", f"￥{amount:,}元", float(amount)):
        assert amounts.amount_of(spelling) == amount


@pytest.mark.parametrize(("cell", "count"), [("35", 35), (35, 35), (35.0, 35), ("1,200", 1200)])
def test_a_count_is_a_whole_number(cell: Cell, count: int) -> None:
    assert amounts.count_of(cell) == count


@pytest.mark.parametrize("cell", [-1, 1.5, "35天", "1.5", True])
def test_anything_else_is_no_count(cell: Cell) -> None:
    assert reason(lambda: amounts.count_of(cell)) == "amount_invalid"


@pytest.mark.parametrize(
    "spelling",
    [GOOD, f" {GOOD[:6]} {GOOD[6:14]}　{GOOD[14:]}", f"'{GOOD}", "".join(chr(ord(c) + 0xFEE0) for c in GOOD)],
)
def test_an_id_number_is_read_through_spaces_wide_digits_and_an_apostrophe(spelling: str) -> None:
    assert cells.person_of(spelling, TODAY, ()) == GOOD


def test_a_lower_x_is_raised() -> None:
    ends_in_x = next(found for tail in range(100, 200) if (found := number(f"53292719850615{tail}")).endswith("X"))
    assert cells.person_of(ends_in_x.lower(), TODAY, ()) == ends_in_x


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (None, "id_missing"), ("", "id_missing"), ("无", "id_missing"),
        (5.22426198111e17, "id_damaged"), (int(GOOD.replace("X", "1")), "id_damaged"), ("5.22426E+17", "id_damaged"),
        (Formula(GOOD), "id_damaged"), (GOOD[:15] + "000", "id_damaged"),
        (GOOD[:15], "id_invalid"), (GOOD + "12", "id_invalid"), (GOOD[:17], "id_invalid"),
        (GOOD[:17] + ("1" if GOOD[17] != "1" else "2"), "id_invalid"),
        (number("53292719851315201"), "id_invalid"), (number("53292720270101201"), "id_invalid"),
        ("某人", "id_invalid"),
    ],
)  # fmt: skip
def test_a_damaged_or_invalid_number_is_never_repaired(cell: Cell, code: str) -> None:
    assert reason(lambda: cells.person_of(cell, TODAY, ())) == code


def test_a_number_that_really_ends_in_000_is_taken_once_confirmed() -> None:
    days = [f"{month:02}{day:02}" for month in range(1, 13) for day in range(1, 28)]
    rare = next(found for day in days if (found := number(f"5329271985{day}100")).endswith("000"))
    assert reason(lambda: cells.person_of(rare, TODAY, ())) == "id_damaged"
    assert cells.person_of(rare, TODAY, {rare}) == rare


def test_what_is_reported_of_a_cell_is_its_kind_and_never_its_value() -> None:
    kinds = {
        cells.kind_of(cell) for cell in (GOOD, GOOD[:15], 5.3e17, "5.3E+17", Formula(GOOD), None, "张三", TODAY, True)
    }
    assert kinds <= {"18位数字", "文本", "15位数字", "数字", "科学计数法", "公式", "空", "日期", "是否值"}
    assert not any(GOOD[:6] in kind or "张" in kind for kind in kinds)


@pytest.mark.parametrize("cell", ["532927101203", 532927101203, 532927101203.0, "５３２９２７１０１２０３"])
def test_a_village_is_twelve_digits_of_this_county(cell: Cell) -> None:
    assert cells.village_of(cell, "532927") == "532927101203"


@pytest.mark.parametrize("cell", ["52927101203", "532928101203", "5329271012030", 5.3e20, "某村"])
def test_anything_else_is_no_village(cell: Cell) -> None:
    assert reason(lambda: cells.village_of(cell, "532927")) == "code_invalid"


@pytest.mark.parametrize(
    ("cell", "home"), [("ab-12", "AB-12"), (53000000017, "53000000017"), (" 530 17 ", "53017"), ("x" * 32, "X" * 32)]
)
def test_a_household_number_is_letters_digits_and_hyphens(cell: Cell, home: str) -> None:
    assert cells.household_of(cell) == home


@pytest.mark.parametrize("cell", ["户17", "x" * 33, "5_3", 1.5])
def test_anything_else_is_no_household_number(cell: Cell) -> None:
    assert reason(lambda: cells.household_of(cell)) == "code_invalid"


def test_a_word_outside_the_closed_list_is_unknown_and_the_hint_names_the_list() -> None:
    assert cells.choice_of(" 是 ", ("是", "否")) == "是"
    with pytest.raises(Unreadable, match="value_unknown") as caught:
        cells.choice_of("有", ("是", "否"))
    assert "是、否" in caught.value.hint


def test_text_that_holds_an_id_number_is_blotted_out() -> None:
    assert cells.text_of(f"随父 {GOOD} 外出") == f"随父 {'*' * 18} 外出"
    assert cells.looks_personal(f"CX-{GOOD}")
    assert not cells.looks_personal("CX2026000017")


def test_a_code_is_at_most_eighty_characters() -> None:
    assert cells.code_of(" SY 31000042 ") == "SY31000042"
    assert reason(lambda: cells.code_of("x" * 81)) == "code_invalid"


def test_every_hint_begins_with_what_to_do() -> None:
    assert all(hint.startswith("请") for hint in HINTS.values())
