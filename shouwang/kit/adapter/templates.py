"""Workbooks people fill in: a feed's template, made so that the commonest mistakes cannot be typed."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any, NamedTuple

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from contracts.vocabulary import Shape
from shouwang.kit.adapter.columns import (
    Amount,
    AnyDate,
    Choice,
    ChoiceElse,
    ChoiceOrNone,
    Code,
    Column,
    Count,
    HouseholdNumber,
    Month,
    OpenDate,
    PersonNumber,
    Several,
    TextOrNone,
    Village,
    VillagePlace,
    Year,
)
from shouwang.kit.adapter.columns import Moment as MomentColumn
from shouwang.kit.adapter.columns import SchoolYear as SchoolYearColumn
from shouwang.kit.adapter.declaration import Feed

ROWS = 5_000
"""Rows of a template that are checked as they are filled in."""

TEXT = 49
"""The built-in format "@": what is typed stays as it was typed, without lost zeros and E+17."""

LIST_TEXT = 255
"""Excel's limit of a drop-down's list; a longer one stands on the sheet of lists."""

NOTES, LISTS = "填表说明", "选项"
"""The two sheets beside the one to fill in; the reader passes over the first by its name, the second is hidden."""

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class _Kind(NamedTuple):
    """How cells of a kind of column are formatted, checked and explained; `{cell}` is the first cell of the column."""

    kind: type[Column[Any]]
    format: int | str
    rule: dict[str, Any]
    about: str
    example: str


_DAYS = {"validate": "date", "criteria": "between", "minimum": 1, "maximum": 73415}  # 1900-01-01 to 2100-12-31
_KINDS = (
    _Kind(PersonNumber, TEXT, {"validate": "length", "criteria": "==", "value": 18}, "18 位身份证号，文本格式",
          "（18 位，末位可为 X）"),
    _Kind(HouseholdNumber, TEXT, {"validate": "length", "criteria": "between", "minimum": 1, "maximum": 32},
          "户编号，字母、数字和短横线，最多 32 位，文本格式", "WS-0001"),
    _Kind(Village, TEXT, {"validate": "length", "criteria": "==", "value": 12}, "12 位村代码，文本格式",
          "532927100200"),
    _Kind(VillagePlace, TEXT, {"validate": "length", "criteria": "==", "value": 12}, "12 位村代码，文本格式",
          "532927100200"),
    _Kind(Code, TEXT, {"validate": "length", "criteria": "<=", "value": 80}, "本部门的编号，最多 80 个字符，文本格式",
          "2026-0001"),
    _Kind(MomentColumn, "yyyy-mm-dd hh:mm", _DAYS, "日期，或日期加时间", "2026-04-05 09:30"),
    _Kind(OpenDate, "yyyy-mm-dd", _DAYS, "日期；没有则留空", "2026-04-05"),
    _Kind(AnyDate, "yyyy-mm-dd", _DAYS, "日期", "2026-04-05"),
    _Kind(Month, TEXT, {"validate": "custom", "value": '=AND(LEN({cell})=7,MID({cell},5,1)="-")'}, "年月", "2026-04"),
    _Kind(Year, TEXT, {"validate": "custom", "value": "=AND(LEN({cell})=4,ISNUMBER(--{cell}))"}, "年份", "2026"),
    _Kind(SchoolYearColumn, TEXT, {"validate": "custom", "value": '=AND(LEN({cell})=9,MID({cell},5,1)="-")'}, "学年",
          "2025-2026"),
    _Kind(Amount, "0.00", {"validate": "decimal", "criteria": ">=", "value": 0}, "金额，单位元，不带文字", "1234.50"),
    _Kind(Count, "0", {"validate": "integer", "criteria": ">=", "value": 0}, "整数", "35"),
    _Kind(Several, TEXT, {}, "文字，几项之间用顿号“、”隔开；没有则留空", ""),
    _Kind(TextOrNone, TEXT, {}, "文字；没有则留空", ""),
    _Kind(Column, TEXT, {}, "文字", ""),
)  # fmt: skip


def template(feed: Feed) -> bytes:
    """A fillable workbook: row 1 the column names, cells of the right kind, drop-downs, checks, a sheet of prose."""
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        head = book.add_format({"num_format": TEXT, "bold": True, "bg_color": "#DDEBF7", "border": 1})
        sheet = book.add_worksheet(feed.title[:31])
        sheet.freeze_panes(1, 0)
        lists: list[tuple[str, ...]] = []
        for place, column in enumerate(_columns(feed)):
            kind = _kind(column)
            sheet.set_column(
                place, place, max(12, 2 * len(column.name) + 4), book.add_format({"num_format": kind.format})
            )
            sheet.write_string(0, place, column.name, head)
            rule = _rule(column, kind, place, lists)
            if rule:
                sheet.data_validation(1, place, ROWS, place, rule)
        _explain(book.add_worksheet(NOTES), feed, book.add_format({"num_format": TEXT, "text_wrap": True}), head)
        if lists:
            _list(book.add_worksheet(LISTS), lists)
    return out.getvalue()


def write_row(sheet: Any, row: int, cells: Sequence[str], form: Any) -> None:
    """Write texts as texts: never `write`, which would make a formula of "=…"."""
    for place, cell in enumerate(cells):
        sheet.write_string(row, place, cell, form)


def _columns(feed: Feed) -> Iterator[Column[Any]]:
    yield from feed.record.columns().values()


def _kind(column: Column[Any]) -> _Kind:
    return next(kind for kind in _KINDS if isinstance(column, kind.kind))


def _choices(column: Column[Any]) -> tuple[str, ...]:
    return column.choices if isinstance(column, Choice | ChoiceElse | ChoiceOrNone) else ()


def _rule(column: Column[Any], kind: _Kind, place: int, lists: list[tuple[str, ...]]) -> dict[str, Any] | None:
    """What may be typed into a column, and what is said when something else is."""
    choices = _choices(column)
    if choices:
        said = {"error_title": "请从列表中选择", "error_message": f"“{column.name}”只能填列表中的选项"}
        if len(",".join(choices)) <= LIST_TEXT:
            return {"validate": "list", "source": list(choices), **said}
        lists.append(choices)
        letter = xl_col_to_name(len(lists) - 1)
        return {"validate": "list", "source": f"={LISTS}!${letter}$1:${letter}${len(choices)}", **said}
    if not kind.rule:
        return None
    cell = f"{xl_col_to_name(place)}2"
    rule = {name: value.format(cell=cell) if isinstance(value, str) else value for name, value in kind.rule.items()}
    message = f"“{column.name}”应为{kind.about}，如 {kind.example}"
    return {**rule, "error_title": "请检查填写内容", "error_message": message[:LIST_TEXT]}


def _list(sheet: Any, lists: list[tuple[str, ...]]) -> None:
    for place, choices in enumerate(lists):
        for row, choice in enumerate(choices):
            sheet.write_string(row, place, choice)
    sheet.very_hidden()


def _explain(sheet: Any, feed: Feed, text: Any, head: Any) -> None:
    """Prose and examples; they stand here and not among the rows, so that no example is ever taken for a person."""
    sheet.set_column(0, 0, 22, text)
    sheet.set_column(1, 1, 60, text)
    sheet.set_column(2, 2, 24, text)
    shape = (
        "全量名单：每次报送完整名单，名单里没有的即视为不再存在"
        if feed.shape is Shape.LIST
        else "增量：只报新增、更正或撤回的行"
    )
    lines: list[tuple[str, str, str]] = [
        (NOTES, feed.title, ""),
        ("报送方式", shape, ""),
        ("数据日期", "数据截止的日期；整列留空时按报送当天", ""),
        ("号码", "身份证号、户编号、村代码等列已设为文本格式：粘贴时请选“只粘贴值”，不要改成数字", ""),
        ("留空", "不清楚的内容请留空；留空不等于 0", ""),
        ("这张表", "可以留着，不用删除；请只在第一张表里填写，从第 2 行开始", ""),
        ("列名", "怎样填", "示例"),
    ]
    lines += [(column.name, _about(column), _example(column)) for column in _columns(feed)]
    for row, cells in enumerate(lines):
        write_row(sheet, row, cells, head if row == 0 or cells[0] == "列名" else text)


def _about(column: Column[Any]) -> str:
    choices = _choices(column)
    said = "请填写下列之一：" + "、".join(choices) if choices else _kind(column).about
    return f"{said}（也可叫：{'、'.join(column.aliases)}）" if column.aliases else said


def _example(column: Column[Any]) -> str:
    choices = _choices(column)
    return choices[0] if choices else _kind(column).example
