"""Workbooks: the one visible sheet with data, its values by calamine, its formulas and hidden rows from its XML."""

import re
import xml.parsers.expat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from io import BytesIO
from typing import Any, Literal
from xml.etree import ElementTree as ET

import python_calamine as calamine

from shouwang.kit.sheets import Plain, Refused
from shouwang.kit.sheets.sniff import check_zip

CHUNK = 1024 * 1024
NOTES = frozenset({"说明", "填表说明", "填报说明"})
"""Sheets of these names are prose, as in our own templates, and never data."""

_MAYBE = re.compile(rb"<(?:\w+:)?f[\s>/]|\bhidden=")
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


@dataclass
class Marks:
    """What calamine does not say of a sheet: where formulas are (row from 1, column from 0), which rows are hidden."""

    formulas: set[tuple[int, int]] = field(default_factory=set)
    hidden: set[int] = field(default_factory=set)


@dataclass
class Sheet:
    """One sheet: its name, what is marked in it, and its rows by number from 1."""

    name: str
    marks: Marks
    rows: Iterator[tuple[int, list[Plain]]]


def read_workbook(data: bytes, kind: Literal["xlsx", "xls"]) -> Sheet:
    """The one visible sheet with data; raises Refused for hidden, several, protected or broken ones."""
    if kind == "xlsx":
        check_zip(BytesIO(data))
    try:
        book = calamine.CalamineWorkbook.from_filelike(BytesIO(data))
        sheet = _only(book)
    except calamine.PasswordError as locked:
        raise Refused("file_unreadable", "文件加了密码，请去掉密码后再报送") from locked
    except (calamine.CalamineError, OSError, ValueError) as broken:
        raise Refused("file_unreadable", "文件不完整或已损坏，请用表格软件打开后另存为 .xlsx 再报送") from broken
    marks = _marks(data, sheet.name) if kind == "xlsx" else Marks()
    return Sheet(sheet.name, marks, _rows(sheet))


def _only(book: calamine.CalamineWorkbook) -> calamine.CalamineSheet:
    visible, hidden = [], 0
    for place, about in enumerate(book.sheets_metadata):
        if about.typ != calamine.SheetTypeEnum.WorkSheet or about.name.strip() in NOTES:
            continue
        sheet = book.get_sheet_by_index(place)
        if sheet.height == 0:
            continue
        if about.visible == calamine.SheetVisibleEnum.Visible:
            visible.append(sheet)
        else:
            hidden += 1
    if len(visible) > 1:
        names = "、".join(sheet.name for sheet in visible[:5])
        raise Refused("sheet_several", f"有多张带数据的工作表（{names}），请每个文件只留一张后再报送")
    if not visible and hidden:
        raise Refused("sheet_hidden", "数据在隐藏的工作表中，请取消隐藏后再报送")
    if not visible:
        raise Refused("file_unreadable", "表格是空的，请检查后重新报送")
    return visible[0]


def _rows(sheet: calamine.CalamineSheet) -> Iterator[tuple[int, list[Plain]]]:
    before = [None] * (sheet.start[1] if sheet.start else 0)
    for row, cells in enumerate(sheet.iter_rows(), start=1):
        yield row, [*before, *map(_plain, cells)]


def _plain(cell: Any) -> Plain:
    if isinstance(cell, str | int | float | date | datetime):
        return cell
    return str(cell)


def _marks(data: bytes, name: str) -> Marks:
    with zipfile.ZipFile(BytesIO(data)) as parts:
        marks = Marks()
        part = _part_of(parts, name)
        if part is not None and _any_mark(parts, part):
            _read_marks(parts, part, marks)
    return marks


def _part_of(parts: zipfile.ZipFile, name: str) -> str | None:
    """The part that holds the sheet, by way of the workbook and its relations."""
    try:
        book = ET.fromstring(parts.read("xl/workbook.xml"))  # noqa: S314 (expat here refuses entities; the child may die)
        relations = ET.fromstring(parts.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    except (KeyError, ET.ParseError):
        return None
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    for element in book.iter():
        if element.tag.endswith("}sheet") and element.get("name") == name:
            target = targets.get(element.get(_RELATION), "")
            return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
    return None


def _any_mark(parts: zipfile.ZipFile, part: str) -> bool:
    """A quick look that spares most files the slow one."""
    with parts.open(part) as stream:
        before = b""
        while chunk := stream.read(CHUNK):
            if _MAYBE.search(before + chunk):
                return True
            before = chunk[-16:]
    return False


def _read_marks(parts: zipfile.ZipFile, part: str, marks: Marks) -> None:
    at = [0, 0]

    def start(tag: str, attributes: dict[str, str]) -> None:
        local = tag.rpartition(":")[2]
        if local == "row":
            at[0] = int(attributes.get("r") or at[0] + 1)
            at[1] = -1
            if attributes.get("hidden") in ("1", "true"):
                marks.hidden.add(at[0])
        elif local == "c":
            at[1] = _column(attributes["r"]) if "r" in attributes else at[1] + 1
        elif local == "f":
            marks.formulas.add((at[0], at[1]))

    parser = xml.parsers.expat.ParserCreate()
    parser.StartElementHandler = start
    with parts.open(part) as stream:
        try:
            parser.ParseFile(stream)
        except (xml.parsers.expat.ExpatError, ValueError):
            return  # calamine has read it; what is marked so far stands


def _column(reference: str) -> int:
    """0 of `A7`, 27 of `AB7`."""
    number = 0
    for char in reference:
        if not char.isalpha():
            break
        number = number * 26 + ord(char.upper()) - 64
    return number - 1
