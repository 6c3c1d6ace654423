"""Workbooks and files for tests, made here so that no blob is kept."""

import zipfile
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

import xlsxwriter

Cells = Iterable[Iterable[Any]]


def workbook(rows: Cells, *, touch: Callable[[Any, Any], None] | None = None, **options: Any) -> bytes:
    """An xlsx of these rows; `touch(book, sheet)` may do more to it."""
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, **options}) as book:
        sheet = book.add_worksheet("数据")
        for number, cells in enumerate(rows):
            for place, cell in enumerate(cells):
                if isinstance(cell, str):
                    sheet.write_string(number, place, cell)
                else:
                    sheet.write(number, place, cell)
        if touch:
            touch(book, sheet)
    return out.getvalue()


def archive(**parts: bytes) -> bytes:
    """A zip of these parts; `__` in a name stands for `/`, `_dot_` for `.`."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return out.getvalue()


def rewritten(xlsx: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The same workbook with one part changed."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(xlsx)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            content = old.read(part)
            new.writestr(part.filename, change(content) if part.filename == name else content)
    return out.getvalue()


def ole(stream: str) -> bytes:
    """The beginning of an OLE file with a stream of this name: enough to be recognised, too little to be read."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + stream.encode("utf-16-le") + bytes(2048)
