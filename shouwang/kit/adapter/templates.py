"""Workbooks people fill in and read: a feed's template, and the rejected rows of a receipt. Every cell is text."""

from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any

import xlsxwriter

from contracts.vocabulary import Shape
from shouwang.kit.adapter.columns import (
    Amount,
    AnyDate,
    Choice,
    ChoiceElse,
    ChoiceOrNone,
    Column,
    Count,
    Month,
    OpenDate,
    PastDate,
    Several,
    TextOrNone,
    Year,
)
from shouwang.kit.adapter.columns import Moment as MomentColumn
from shouwang.kit.adapter.columns import SchoolYear as SchoolYearColumn
from shouwang.kit.adapter.declaration import Feed

ROWS = 5_000
"""Rows of a template that are prepared as text with drop-downs."""

TEXT = 49
"""The built-in format "@": what is typed stays as it was typed."""

LIST_TEXT = 255
"""Excel's limit of a drop-down's list."""

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WORDS = {
    "line": "行号", "column": "列", "reason": "原因", "kind": "填写内容的类型", "hint": "怎样修改",
}  # fmt: skip

_EXAMPLES: tuple[tuple[type[Column[Any]], str], ...] = (
    (MomentColumn, "日期或日期加时间，如 2026-04-05 或 2026-04-05 09:30"),
    (OpenDate, "日期，如 2026-04-05；没有则留空"),
    (PastDate, "日期，如 2026-04-05"),
    (AnyDate, "日期，如 2026-04-05"),
    (Month, "年月，如 2026-04"),
    (Year, "年份，如 2026"),
    (SchoolYearColumn, "学年，如 2025-2026"),
    (Amount, "金额，单位元，如 1234.50"),
    (Count, "整数，如 35"),
    (Several, "文字，几项之间用顿号“、”隔开；没有则留空"),
    (TextOrNone, "文字；没有则留空"),
)


def template(feed: Feed) -> bytes:
    """A fillable workbook: row 1 the column names, text cells, drop-downs for closed lists, and a sheet 说明."""
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        text = book.add_format({"num_format": TEXT})
        head = book.add_format({"num_format": TEXT, "bold": True, "bg_color": "#DDEBF7", "border": 1})
        sheet = book.add_worksheet(feed.title[:31])
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(_columns(feed)):
            sheet.set_column(place, place, max(12, 2 * len(column.name) + 4), text)
            sheet.write_string(0, place, column.name, head)
            choices = _choices(column)
            if choices and len(",".join(choices)) <= LIST_TEXT:
                rule = {"validate": "list", "source": list(choices), "error_title": "请从列表中选择"}
                sheet.data_validation(1, place, ROWS, place, rule)
        _explain(book.add_worksheet("说明"), feed, text, head)
    return out.getvalue()


def rejected(receipt: Mapping[str, Any]) -> bytes:
    """The rejected rows of a receipt: line, column, reason, kind of value, what to do; their cells are not kept."""
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        text = book.add_format({"num_format": TEXT, "text_wrap": True})
        sheet = book.add_worksheet("被拒绝的行")
        sheet.set_column(0, len(WORDS) - 1, 24, text)
        sheet.freeze_panes(1, 0)
        _row(sheet, 0, list(WORDS.values()), book.add_format({"num_format": TEXT, "bold": True}))
        for number, row in enumerate(receipt["rows"], start=1):
            _row(sheet, number, ["" if row[name] is None else str(row[name]) for name in WORDS], text)
    return out.getvalue()


def _row(sheet: Any, row: int, cells: Sequence[str], form: Any) -> None:
    for place, cell in enumerate(cells):
        sheet.write_string(row, place, cell, form)  # never `write`, which would make a formula of "=…"


def _columns(feed: Feed) -> Iterator[Column[Any]]:
    yield from feed.record.columns().values()


def _choices(column: Column[Any]) -> tuple[str, ...]:
    return column.choices if isinstance(column, Choice | ChoiceElse | ChoiceOrNone) else ()


def _explain(sheet: Any, feed: Feed, text: Any, head: Any) -> None:
    sheet.set_column(0, 0, 22, text)
    sheet.set_column(1, 1, 70, text)
    shape = (
        "全量名单：每次报送完整名单，名单里没有的即视为不再存在"
        if feed.shape is Shape.LIST
        else "增量：只报新增、更正或撤回的行"
    )
    lines: list[tuple[str, str]] = [
        ("填报说明", feed.title),
        ("报送方式", shape),
        ("数据日期", "数据截止的日期；整列留空时按报送当天"),
        ("号码", "身份证号、户编号、村代码等列已设为文本格式，请以文本粘贴，不要改成数字"),
        ("留空", "不清楚的内容请留空；留空不等于 0"),
    ]
    lines += [(column.name, _about(column)) for column in _columns(feed)]
    for row, (what, how) in enumerate(lines):
        _row(sheet, row, [what, how], head if row == 0 else text)


def _about(column: Column[Any]) -> str:
    said = next((example for kind, example in _EXAMPLES if isinstance(column, kind)), "文字")
    choices = _choices(column)
    if choices:
        said = "请填写下列之一：" + "、".join(choices)
    return f"{said}（也可叫：{'、'.join(column.aliases)}）" if column.aliases else said
