"""The rejected rows of a sending as a workbook: with what is wrong, how to mend it, and ready to be sent again.

The cells come out of the sealed inbox, so only their own department gets them, and only for 30 days; to the county,
and later, the workbook says line, column and reason.
"""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Any, Final

import xlsxwriter
from sqlalchemy import Engine, RowMapping

from contracts.vocabulary import Shape
from shouwang.kit.adapter.auth import Caller
from shouwang.kit.adapter.cells import spelled, stored
from shouwang.kit.adapter.columns import Column, PersonNumber
from shouwang.kit.adapter.declaration import Adapter, Feed
from shouwang.kit.adapter.files import FileReader
from shouwang.kit.adapter.headers import find_header
from shouwang.kit.adapter.opened import opened
from shouwang.kit.adapter.receipts import find
from shouwang.kit.adapter.sending import Trouble
from shouwang.kit.adapter.table import Cell, Table
from shouwang.kit.adapter.templates import TEXT, write_row
from shouwang.kit.database import reading
from shouwang.kit.keys import KeyRing, SealBroken
from shouwang.kit.sheets import Refused

WORDS: Final = {
    "line": "原行号", "column": "问题所在列", "reason": "被拒原因", "kind": "填写内容的类型", "hint": "怎样改正",
}  # fmt: skip
"""None of these is a name or alias of a column, so that the workbook can be sent again as it is."""


@dataclass
class _Cells:
    """Rejected rows as they were sent: headings, and texts by line."""

    headings: list[str] = field(default_factory=list)
    texts: dict[int, list[str]] = field(default_factory=dict)


class Returns:
    """Gives rejected rows back."""

    def __init__(self, adapter: Adapter, engine: Engine, keyring: KeyRing) -> None:
        self._adapter, self._engine, self._keyring = adapter, engine, keyring

    def workbook(self, receipt: Mapping[str, Any], caller: Caller) -> bytes:
        """The workbook of a receipt; every cell is text."""
        with reading(self._engine).connect() as connection:
            row = find(connection, receipt["receipt"], caller.county)
        lines = {one["line"] for one in receipt["rows"] if one["line"] is not None}
        cells = _Cells() if caller.is_county or not lines else self._cells(row, receipt, lines)
        return _written(receipt, cells)

    def _cells(self, row: RowMapping, receipt: Mapping[str, Any], lines: set[int]) -> _Cells:
        feed = self._adapter.feeds[row["feed"]]
        try:
            with (
                closing(FileReader()) as files,
                opened(self._engine, self._keyring.sealer("inbox"), files, row, feed) as table,
            ):
                return _taken(feed, table, receipt, lines)
        except (Refused, SealBroken):
            return _Cells()


def _taken(feed: Feed, table: Table, receipt: Mapping[str, Any], lines: set[int]) -> _Cells:
    found = find_header(feed, table.rows)
    if isinstance(found, Trouble):
        return _Cells()
    header, rows = found
    columns = feed.record.columns()
    cells = _Cells([f"{name}（万元）" if header.units.get(name, 1) > 1 else name for name in columns])
    preset = _preset(feed, receipt)
    for line, row in rows:
        if line in lines:
            texts = {
                name: _text(column, row[header.places[name]])
                for name, column in columns.items()
                if header.places.get(name, len(row)) < len(row)
            }
            cells.texts[line] = [texts.get(name) or preset.get(name, "") for name in columns]
    return cells


def _preset(feed: Feed, receipt: Mapping[str, Any]) -> dict[str, str]:
    """What makes the mended rows of an applied list an addition to it: as a list they would end all the others."""
    applied = feed.shape is Shape.LIST and receipt["shape"] == Shape.LIST.value and receipt["state"] == "done"
    return {"操作": "新增", "数据日期": receipt["as_of"] or ""} if applied else {}


def _text(column: Column[Any], cell: Cell) -> str:
    """A cell as it can be sent again; an ID kept as a number or by a formula is left empty: it is not whole."""
    if isinstance(column, PersonNumber) and cell is not None and not isinstance(cell, str):
        return ""
    value = stored(cell)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}" if (value.hour, value.minute) != (0, 0) else f"{value:%Y-%m-%d}"
    return value if isinstance(value, str) else spelled(cell)


def _written(receipt: Mapping[str, Any], cells: _Cells) -> bytes:
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        text = book.add_format({"num_format": TEXT, "text_wrap": True})
        sheet = book.add_worksheet("被拒绝的行")
        headings = [*cells.headings, *WORDS.values()]
        sheet.set_column(0, len(headings) - 1, 22, text)
        sheet.freeze_panes(1, 0)
        write_row(sheet, 0, headings, book.add_format({"num_format": TEXT, "bold": True}))
        for number, row in enumerate(receipt["rows"], start=1):
            said = ["" if row[name] is None else str(row[name]) for name in WORDS]
            write_row(sheet, number, [*cells.texts.get(row["line"], [""] * len(cells.headings)), *said], text)
    return out.getvalue()
