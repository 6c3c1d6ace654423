"""Workbooks: the one visible sheet with data, its values by calamine (by openpyxl above its cap), and its marks."""

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any, Final, Literal

import python_calamine as calamine

from shouwang.kit.sheets import Plain, Refused, biff, inside
from shouwang.kit.sheets.inside import Marks
from shouwang.kit.sheets.sniff import check_zip

NOTES: Final = frozenset({"说明", "填表说明", "填报说明"})
"""Sheets of these names are prose, as in our own templates, and never data; so are those whose first cell says so."""

STREAMED: Final = 12_000_000
"""Values in a sheet above which calamine would pass the child's 2 GiB (120 bytes each, and its tables grow)."""

_LOCKED: Final = "文件加了密码，请去掉密码后再报送"
_BROKEN: Final = "文件不完整或已损坏，请用表格软件打开后另存为 .xlsx 再报送"
_EMPTY: Final = "表格是空的，请检查后重新报送"

Row = tuple[int, list[Plain]]


@dataclass
class Sheet:
    """One sheet: its name, what is marked in it, and its rows by number from 1."""

    name: str
    marks: Marks
    rows: Iterator[Row]


@dataclass(frozen=True)
class _Found:
    """A sheet with something in it."""

    place: int
    name: str
    visible: bool


def read_workbook(
    data: bytes, kind: Literal["xlsx", "xls"], *, streamed: int = STREAMED, slowly: Callable[[], None] = lambda: None
) -> Sheet:
    """The one visible sheet with data; raises Refused for hidden, several, protected or broken ones.

    `slowly` is called when a sheet has more than `streamed` values and must be read row by row.
    """
    try:
        return _xlsx(data, streamed, slowly) if kind == "xlsx" else _xls(data)
    except (calamine.PasswordError, biff.Locked) as locked:
        raise Refused("file_unreadable", _LOCKED) from locked
    except (calamine.CalamineError, OSError, ValueError, zipfile.BadZipFile, KeyError) as broken:
        raise Refused("file_unreadable", _BROKEN) from broken


def _xlsx(data: bytes, streamed: int, slowly: Callable[[], None]) -> Sheet:
    check_zip(BytesIO(data))
    with zipfile.ZipFile(BytesIO(data)) as parts:
        if inside.commands(parts):
            raise Refused("file_kind", "文件含有外部命令链接（DDE），请另存为不带链接的 .xlsx 后再报送")
        places = inside.places(parts)
        looks = [inside.look(parts, place.part) for place in places]
        found = [_Found(n, at.name, at.visible) for n, at in enumerate(places) if looks[n].filled]
        if any(seen.values > streamed for seen in looks):
            slowly()
            chosen = _only(found, lambda _name: "")
            return Sheet(chosen.name, _marks(parts, places, looks, chosen), _stream(data, chosen.name))
        book = calamine.CalamineWorkbook.from_filelike(BytesIO(data))
        if not places:  # of an unusual producer: calamine may know better, and what is marked stays unseen
            return _calamined(book, _only(_filled(book), _first_cell(book)).name, Marks())
        chosen = _only(found, _first_cell(book))
        return _calamined(book, chosen.name, _marks(parts, places, looks, chosen))


def _marks(parts: zipfile.ZipFile, places: list[inside.Place], looks: list[inside.Look], chosen: _Found) -> Marks:
    return inside.marks_of(parts, places[chosen.place].part) if looks[chosen.place].marked else Marks()


def _xls(data: bytes) -> Sheet:
    stream = biff.book_of(data)
    book = calamine.CalamineWorkbook.from_filelike(BytesIO(data))
    chosen = _only(_filled(book), _first_cell(book))
    marks = Marks(*biff.marks_of(stream, chosen.place)) if stream else Marks()
    return _calamined(book, chosen.name, marks)


def _filled(book: calamine.CalamineWorkbook) -> list[_Found]:
    return [
        _Found(place, about.name, about.visible == calamine.SheetVisibleEnum.Visible)
        for place, about in enumerate(book.sheets_metadata)
        if about.typ == calamine.SheetTypeEnum.WorkSheet and book.get_sheet_by_index(place).height
    ]


def _only(found: list[_Found], first_cell: Callable[[str], str]) -> _Found:
    """The one sheet whose rows count; prose beside it is let be, but a sheet alone is data whatever its name."""
    data = [sheet for sheet in found if sheet.name.strip() not in NOTES] or found
    visible = [sheet for sheet in data if sheet.visible]
    if len(visible) > 1:
        visible = [sheet for sheet in visible if first_cell(sheet.name) not in NOTES] or visible
    if len(visible) > 1:
        names = "、".join(sheet.name for sheet in visible[:5])
        raise Refused("sheet_several", f"有多张带数据的工作表（{names}），请每个文件只留一张后再报送")
    if not visible and data:
        raise Refused("sheet_hidden", "数据在隐藏的工作表中，请取消隐藏后再报送")
    if not visible:
        raise Refused("file_unreadable", _EMPTY)
    return visible[0]


def _first_cell(book: calamine.CalamineWorkbook) -> Callable[[str], str]:
    def first(name: str) -> str:
        rows = book.get_sheet_by_name(name).iter_rows()
        return str(next(iter(next(iter(rows), [])), "")).strip()

    return first


def _no_cell(_name: str) -> str:
    return ""


def _calamined(book: calamine.CalamineWorkbook, name: str, marks: Marks) -> Sheet:
    sheet = book.get_sheet_by_name(name)
    if not sheet.height:
        raise Refused("file_unreadable", _EMPTY)
    before = [None] * (sheet.start[1] if sheet.start else 0)
    rows = ((row, [*before, *map(_plain, cells)]) for row, cells in enumerate(sheet.iter_rows(), start=1))
    return Sheet(sheet.name, marks, rows)


def _stream(data: bytes, name: str) -> Iterator[Row]:
    """Row by row in little memory, at a tenth of the pace; blank rows only where something follows."""
    import openpyxl

    book = openpyxl.load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
    sheet = book[name]
    sheet.reset_dimensions()  # what a file says of its size may lie
    written = 0
    for row, values in enumerate(sheet.iter_rows(values_only=True), start=1):
        cells = list(map(_plain, values))
        if any(cell is not None for cell in cells):
            yield from ((blank, []) for blank in range(written + 1, row))
            yield row, cells
            written = row


def _plain(cell: Any) -> Plain:
    if cell is None or isinstance(cell, str | int | float | date | datetime):
        return cell
    return str(cell)
