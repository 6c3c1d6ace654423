"""The pretend county is a real one in form: valid numbers, every feed, the mess bureaus make, the same from a seed."""

import csv
import io
from datetime import date

import openpyxl
import pytest
from stdnum.cn import ric

from shouwang.demo.calendar import BEGIN, END, Plan, pretend
from shouwang.demo.exports import COLUMNS, DEPARTMENT
from shouwang.demo.sendings import Sending
from shouwang.demo.writing import ALIASES

IDS = set(ALIASES["身份证号"])


@pytest.fixture(scope="module")
def plan() -> Plan:
    return pretend(seed=3, households=60)


def table(sending: Sending) -> list[list[object]]:
    """All lines of a file, as a reader without any knowledge of it sees them."""
    if sending.name.endswith("xlsx"):
        sheet = openpyxl.load_workbook(io.BytesIO(sending.content)).active
        assert sheet is not None
        return [list(row) for row in sheet.iter_rows(values_only=True)]
    encoding = "utf-8-sig" if sending.content.startswith(b"\xef\xbb\xbf") else "gb18030"
    return [list(row) for row in csv.reader(io.StringIO(sending.content.decode(encoding)))]


def bare(cell: object) -> str:
    return str(cell or "").replace("\n", "").replace("\u3000", "")


def column(sending: Sending, names: set[str]) -> list[object]:
    """The cells of one column."""
    lines = table(sending)
    for at, line in enumerate(lines):
        places = [place for place, cell in enumerate(line) if bare(cell) in names]
        if places:
            return [row[places[0]] for row in lines[at + 1 :] if len(row) > places[0]]
    return []


def test_the_same_seed_is_the_same_county_byte_for_byte() -> None:
    assert pretend(seed=5, households=25).sendings == pretend(seed=5, households=25).sendings


def test_another_seed_is_another_county() -> None:
    assert pretend(seed=5, households=25).sendings != pretend(seed=6, households=25).sendings


def test_a_whole_county_has_households_people_and_files_enough() -> None:
    whole = pretend()
    assert whole.households >= 500
    assert 1700 <= whole.people <= 2200
    assert 100 <= len(whole.sendings) <= 160


def test_every_feed_sends_in_every_month(plan: Plan) -> None:
    months = {(s.feed, s.day.year, s.day.month) for s in plan.sendings}
    year = {(day.year, day.month) for day in (date(2025 + (m > 12), (m - 1) % 12 + 1, 1) for m in range(6, 19))}
    assert {feed for feed, _, _ in months} == set(COLUMNS)
    assert {("self_paid_year", *month) for month in year} <= months


def test_readable_numbers_are_valid_and_of_the_county(plan: Plan) -> None:
    numbers = {str(cell) for s in plan.sendings for cell in column(s, IDS) if len(str(cell)) == 18}
    whole = {number for number in numbers if "E" not in number and number[:17].isdigit()}
    assert len(whole) > 150
    assert all(ric.calc_check_digit(number) == number[-1] and number.startswith("532927") for number in whole)
    assert not any(number.endswith("000") for number in whole)


def test_some_numbers_are_damaged_as_spreadsheets_damage_them(plan: Plan) -> None:
    cells = [cell for s in plan.sendings for cell in column(s, IDS)]
    assert any(isinstance(cell, float | int) or "E+" in str(cell) for cell in cells)


def test_files_come_in_three_kinds_and_under_other_column_names(plan: Plan) -> None:
    kinds = {s.name.rsplit(".", 1)[1] + ("bom" if s.content.startswith(b"\xef\xbb\xbf") else "") for s in plan.sendings}
    headers = {bare(cell) for s in plan.sendings for line in table(s)[:4] for cell in line}
    assert kinds == {"xlsx", "csv", "csvbom"}
    assert headers >= IDS
    assert {"备注", "联系电话", "统筹支付", "疑似辍学日期"} <= headers
    assert any(header.startswith("人均纯收入") and "万元" in header for header in headers)


def test_the_awkward_sendings_are_all_there(plan: Plan) -> None:
    troubles = {s.trouble for s in plan.sendings}
    awkward = {"零报告", "重复报送", "同一名单再次导出", "误报撤回", "更正", "迟到的旧名单", "半份名单", "元误作万元"}
    assert awkward <= troubles
    assert {s.settle for s in plan.sendings} == {"", "confirm", "discard"}


def test_a_sending_never_speaks_of_a_later_day_than_it_is_sent_on(plan: Plan) -> None:
    assert all(BEGIN <= s.as_of <= s.day <= END for s in plan.sendings)
    assert list(plan.sendings) == sorted(plan.sendings, key=lambda s: (s.day, s.after))


def test_a_repeat_is_the_same_bytes_with_the_same_day(plan: Plan) -> None:
    repeats = [s for s in plan.sendings if s.trouble == "重复报送"]
    originals = {(s.department, s.as_of, s.content) for s in plan.sendings if s.trouble != "重复报送"}
    assert repeats
    assert all((s.department, s.as_of, s.content) in originals for s in repeats)


def test_the_line_of_a_slip_is_the_line_on_which_it_stands(plan: Plan) -> None:
    slips = [(s, line) for s in plan.sendings for _, line in s.slips]
    assert len(slips) == 2
    damaged, line = next((s, line) for s, line in slips if s.feed == "household_member")
    if damaged.name.endswith("xlsx"):
        assert "5.32927E+17" in table(damaged)[line - 1]
    else:
        text = damaged.content.decode("utf-8-sig" if damaged.content.startswith(b"\xef\xbb\xbf") else "gb18030")
        assert "5.32927E+17" in text.splitlines()[line - 1]


def test_each_department_sends_only_its_own_feeds(plan: Plan) -> None:
    assert {(s.feed, s.department) for s in plan.sendings} == set(DEPARTMENT.items())


def test_the_told_households_are_in_the_county_and_in_the_files(plan: Plan) -> None:
    assert [len(story.home.people) for story in plan.stories] == [4, 3, 3]
    assert all(any(at in s.about for s in plan.sendings) for at in range(3))
