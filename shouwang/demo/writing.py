"""How a clerk writes a sheet: file kinds, titles, 合计 rows, column names, dates and amounts as people spell them."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from random import Random
from typing import Literal

import xlsxwriter

from shouwang.demo.exports import AMOUNTS, TITLES, Cell, Row, Sheet
from shouwang.demo.names import DOTS

Kind = Literal["xlsx", "utf-8-sig", "gb18030"]
Dates = Literal["dash", "slash", "compact", "chinese", "cell"]
Money = Literal["plain", "comma", "yuan", "text", "wan"]

ALIASES: dict[str, tuple[str, ...]] = {
    "身份证号": ("身份证号", "证件号码", "公民身份号码", "身份证号码"),
    "发现日期": ("发现日期", "疑似辍学日期"),
    "基本医保支付": ("基本医保支付", "统筹支付"),
    "个人自付": ("个人自付", "合规自付", "个人负担金额"),
    "数据日期": ("数据日期", "截止日期"),
    "操作": ("操作", "变更类型"),
}
EXTRA = ("备注", "联系电话", "民族", "填报人", "录入时间")
WAN = ("（万元）", "(单位:万元)", "/万元")
CREATED = datetime(2025, 1, 1)  # noqa: DTZ001 (Excel knows no zones)
"""A fixed creation time: the same seed gives the same bytes."""


@dataclass(frozen=True, slots=True)
class Style:
    """One way to write a sheet."""

    kind: Kind = "xlsx"
    dates: Dates = "dash"
    money: Money = "plain"
    names: tuple[tuple[str, str], ...] = ()
    """Canonical column → what the clerk calls it."""
    unit: str = WAN[0]
    dot: str = "·"
    extra: tuple[str, ...] = ()
    numbered: bool = False
    titled: bool = False
    summed: bool = False
    broken_headers: bool = False
    """Line breaks and wide spaces inside the column names."""
    shuffled: int = 0
    dated: bool = False
    """A 数据日期 column instead of a parameter."""


def style_of(rng: Random, *, dated: bool) -> Style:
    """Some clerk's way."""
    kind: Kind = rng.choices(("xlsx", "utf-8-sig", "gb18030"), (5, 2, 2))[0]
    spreadsheet = kind == "xlsx"
    dates: tuple[Dates, ...] = ("dash", "slash", "compact", "chinese", "cell" if spreadsheet else "slash")
    return Style(
        kind=kind,
        dates=rng.choice(dates),
        money=rng.choices(("plain", "comma", "yuan", "text", "wan"), (6, 2, 1, 1, 1))[0],
        names=tuple((column, rng.choice(other)) for column, other in ALIASES.items()),
        unit=rng.choice(WAN),
        dot=rng.choice(DOTS),
        extra=tuple(sorted(rng.sample(EXTRA, rng.choice((0, 0, 1, 2))))),
        numbered=rng.random() < 0.4,
        titled=spreadsheet and rng.random() < 0.6,
        summed=rng.random() < 0.3,
        broken_headers=rng.random() < 0.15,
        shuffled=rng.randrange(1, 1000) if rng.random() < 0.25 else 0,
        dated=dated,
    )


def write(sheet: Sheet, style: Style) -> bytes:
    """The sheet as the bytes of a file."""
    lines = list(_lines(sheet, style))
    return _xlsx(lines, TITLES[sheet.feed]) if style.kind == "xlsx" else _csv(lines, style.kind)


def line_of(sheet: Sheet, style: Style, row: int) -> int:
    """The 1-based line on which the sheet's `row`th row (from 0) begins, as a receipt counts it."""
    headers = [str(_header(column, style)) for column in columns_of(sheet, style)]
    # In a text file a line break inside a header is a line of its own.
    breaks = 0 if style.kind == "xlsx" else sum(header.count("\n") for header in headers)
    return (2 if style.titled else 0) + 1 + breaks + row + 1


def columns_of(sheet: Sheet, style: Style) -> list[str]:
    """The sheet's columns and the clerk's own, in the clerk's order."""
    numbered = ("序号",) if style.numbered else ()
    dated = ("数据日期",) if style.dated else ()
    columns = [*numbered, *sheet.shown, *dated, *style.extra]
    if style.shuffled:
        Random(style.shuffled).shuffle(columns)
    return columns


def _lines(sheet: Sheet, style: Style) -> Iterator[list[Cell]]:
    columns = columns_of(sheet, style)
    if style.titled:
        yield [f"{sheet.as_of.year}年{sheet.as_of.month}月{TITLES[sheet.feed]}"]
        yield ["填报单位：（盖章）"]
    yield [_header(column, style) for column in columns]
    for at, row in enumerate(sheet.rows, 1):
        full: Row = {**row, "序号": str(at), "数据日期": sheet.as_of}
        yield [_cell(column, full.get(column), style) for column in columns]
    if style.summed and sheet.rows:
        yield _sums(sheet, columns, style)


def _sums(sheet: Sheet, columns: list[str], style: Style) -> list[Cell]:
    """合计 in the first column, sums under the amounts."""
    sums: list[Cell] = []
    for column in columns:
        amounts = [row[column] for row in sheet.rows if isinstance(row.get(column), Decimal)]
        sums.append(_money(sum(map(Decimal, map(str, amounts)), Decimal(0)), style) if column in AMOUNTS else None)
    return ["合计", *sums[1:]]


def _header(column: str, style: Style) -> Cell:
    name = dict(style.names).get(column, column)
    if style.broken_headers and len(name) > 3:
        name = f"{name[:2]}\n{name[2:]}" if len(name) % 2 else f"{name[:2]}\u3000{name[2:]}"
    return name + style.unit if column in AMOUNTS and style.money == "wan" else name


def _cell(column: str, value: Cell, style: Style) -> Cell:
    if isinstance(value, date):
        return _date(value, style)
    if isinstance(value, Decimal):
        return _money(value, style)
    if column in ("姓名", "户主姓名") and isinstance(value, str):
        return value.replace("·", style.dot)
    if column == "年度" and style.dates == "chinese" and str(value).isdigit():
        return f"{value}年"
    return value


def _date(value: date, style: Style) -> Cell:
    match style.dates:
        case "slash":
            return f"{value.year}/{value.month}/{value.day}"
        case "compact":
            return f"{value:%Y%m%d}"
        case "chinese":
            return f"{value.year}年{value.month}月{value.day}日"
        case "cell":
            return value
    return value.isoformat()


def _money(value: Decimal, style: Style) -> Cell:
    match style.money:
        case "comma":
            return f"{value:,.2f}"
        case "yuan":
            return f"￥{value:,.2f}"
        case "text":
            return f"{value}元"
        case "wan":
            return _number(value / 10_000, style)
    return _number(value, style)


def _number(value: Decimal, style: Style) -> Cell:
    return float(value) if style.kind == "xlsx" else f"{value.normalize():f}"


def _csv(lines: list[list[Cell]], encoding: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(lines)
    return text.getvalue().encode(encoding)


def _xlsx(lines: list[list[Cell]], title: str) -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    book.set_properties({"title": title, "created": CREATED})
    day = book.add_format({"num_format": "yyyy/m/d"})
    sheet = book.add_worksheet("Sheet1")
    for row, cells in enumerate(lines):
        for column, value in enumerate(cells):
            if isinstance(value, date):
                sheet.write_datetime(row, column, datetime.combine(value, time()), day)
            elif isinstance(value, str):
                sheet.write_string(row, column, value)
            elif isinstance(value, int | float):
                sheet.write_number(row, column, value)
    book.close()
    return file.getvalue()
