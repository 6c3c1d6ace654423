"""A sheet is the same sheet however a clerk writes it."""

import csv
import io
from dataclasses import replace
from datetime import date
from decimal import Decimal
from random import Random

import openpyxl
from hypothesis import given
from hypothesis import strategies as st

from shouwang.demo.exports import Row, Sheet
from shouwang.demo.writing import Style, columns_of, line_of, style_of, write

HOME: Row = {"户编号": "5329270000001", "村代码": "532927100200"}
ROW: Row = {**HOME, "户主姓名": "阿鲁·木呷", "人均纯收入": Decimal("12345.60")}
SHEET = Sheet("household", date(2026, 1, 31), [dict(ROW), {**ROW, "户编号": "5329270000002"}])


def lines(content: bytes, style: Style) -> list[list[object]]:
    if style.kind == "xlsx":
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        assert sheet is not None
        return [list(row) for row in sheet.iter_rows(values_only=True)]
    return [list(row) for row in csv.reader(io.StringIO(content.decode(style.kind)))]


@given(st.integers(0, 10_000))
def test_any_style_keeps_every_row_and_column(seed: int) -> None:
    style = style_of(Random(seed), dated=seed % 2 == 0)
    found = lines(write(SHEET, style), style)
    head = 2 if style.titled else 0
    assert len(found) == head + 1 + 2 + style.summed
    assert len(found[head]) == len(columns_of(SHEET, style))
    assert "5329270000002" in found[head + 2]


@given(st.integers(0, 10_000), st.integers(0, 1))
def test_a_row_is_on_the_line_it_is_said_to_be_on(seed: int, row: int) -> None:
    style = style_of(Random(seed), dated=False)
    content = write(SHEET, style)
    said = line_of(SHEET, style, row)
    if style.kind == "xlsx":
        assert f"532927000000{row + 1}" in lines(content, style)[said - 1]
    else:
        assert f"532927000000{row + 1}" in content.decode(style.kind).splitlines()[said - 1]


def test_tenthousands_are_said_in_the_header() -> None:
    style = Style(kind="utf-8-sig", money="wan")
    found = lines(write(SHEET, style), style)
    at = found[0].index("人均纯收入（万元）")
    assert found[1][at] == "1.23456"


def test_a_real_date_is_a_date_cell() -> None:
    sheet = Sheet("household_member", date(2026, 1, 31), [{"姓名": "张文", "生效日期": date(2020, 2, 3)}])
    style = Style(kind="xlsx", dates="cell")
    assert any(getattr(cell, "year", 0) == 2020 for cell in lines(write(sheet, style), style)[1])


def test_the_same_sheet_twice_is_the_same_bytes() -> None:
    style = Style(titled=True)
    assert write(SHEET, style) == write(SHEET, replace(style))
