"""A small writer of .xls: enough of BIFF8 and of the OLE file around it to say what old programs say."""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

SECTOR = 512
_END, _FREE, _TABLE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
DATE_STYLE = 1


@dataclass(frozen=True)
class Day:
    """A real date cell, by its serial number."""

    serial: int


@dataclass(frozen=True)
class Computed:
    """A formula cell with its stored text."""

    text: str


@dataclass
class Sheet:
    """One sheet to write."""

    rows: Iterable[Sequence[object]]
    name: str = "Sheet1"
    hidden: bool = False
    hidden_rows: set[int] = field(default_factory=set)
    """Counted from 1."""


def xls(*sheets: Sheet, date_1904: bool = False, locked: bool = False) -> bytes:
    """The bytes of an .xls."""
    return ole({"Workbook": _workbook(sheets, date_1904=date_1904, locked=locked)})


def ole(streams: dict[str, bytes]) -> bytes:
    """An OLE file with these streams, each long enough to lie in sectors of its own."""
    padded = {name: body.ljust(max(4096, -(-len(body) // SECTOR) * SECTOR), b"\0") for name, body in streams.items()}
    table: list[int] = []
    starts: dict[str, int] = {}
    for name, body in padded.items():
        starts[name] = len(table)
        count = len(body) // SECTOR
        table += [*range(len(table) + 1, len(table) + count), _END]
    directory = len(table)
    entries = [_entry("Root Entry", 5, _END, 0, child=1)]
    for number, name in enumerate(padded, start=1):
        following = number + 1 if number < len(padded) else _FREE
        entries.append(_entry(name, 2, starts[name], len(padded[name]), right=following))
    raw = b"".join(entries).ljust(-(-len(entries) * 128 // SECTOR) * SECTOR, b"\0")
    count = len(raw) // SECTOR
    table += [*range(len(table) + 1, len(table) + count), _END]
    first = len(table)
    sectors = next(n for n in range(1, 110) if n * SECTOR // 4 >= len(table) + n)
    table += [_TABLE] * sectors
    table += [_FREE] * (sectors * SECTOR // 4 - len(table))
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6, 0, sectors, directory, 0,
        4096, _END, 0, _END, 0, first,
    )  # fmt: skip
    places = [first + n for n in range(1, sectors)] + [_FREE] * (109 - sectors)
    return b"".join((
        header, struct.pack("<108I", *places), *padded.values(), raw, struct.pack(f"<{len(table)}I", *table),
    ))  # fmt: skip


def _entry(name: str, kind: int, start: int, size: int, *, child: int = _FREE, right: int = _FREE) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    return struct.pack("<64sHBBIII36xIQ", text, len(text), kind, 1, _FREE, right, child, start, size)


def _record(kind: int, body: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _text(text: str, *, short: bool = False) -> bytes:
    """Characters beyond the first plane are two units each."""
    raw = text.encode("utf-16-le")
    return struct.pack("<BB" if short else "<HB", len(raw) // 2, 1) + raw


def _workbook(sheets: Sequence[Sheet], *, date_1904: bool, locked: bool) -> bytes:
    opening = _record(0x0809, struct.pack("<HHHHII", 0x0600, 5, 0, 0, 0, 0))
    if locked:
        opening += _record(0x002F, struct.pack("<H", 0) + bytes(4))
    opening += _record(0x0042, struct.pack("<H", 1200)) + _record(0x0022, struct.pack("<H", date_1904))
    opening += b"".join(_record(0x00E0, struct.pack("<HHH14x", 0, number, 0)) for number in (0, 14))
    bodies = [_sheet(sheet) for sheet in sheets]
    length = len(opening) + sum(4 + 6 + len(_text(sheet.name, short=True)) for sheet in sheets) + 4
    bounds = b""
    for sheet, body in zip(sheets, bodies, strict=True):
        bounds += _record(0x0085, struct.pack("<IBB", length, sheet.hidden, 0) + _text(sheet.name, short=True))
        length += len(body)
    return opening + bounds + _record(0x000A) + b"".join(bodies)


def _sheet(sheet: Sheet) -> bytes:
    rows = [list(row) for row in sheet.rows]
    width = max(map(len, rows), default=0)
    out = [_record(0x0809, struct.pack("<HHHHII", 0x0600, 0x10, 0, 0, 0, 0))]
    out.append(_record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0)))
    for number in range(len(rows)):
        flags = 0x0100 | (0x20 if number + 1 in sheet.hidden_rows else 0)
        out.append(_record(0x0208, struct.pack("<HHHHHHI", number, 0, width, 255, 0, 0, flags)))
    for number, row in enumerate(rows):
        out += [_cell(number, place, cell) for place, cell in enumerate(row)]
    return b"".join(out) + _record(0x000A)


def _cell(row: int, place: int, cell: object) -> bytes:
    at = struct.pack("<HH", row, place)
    if isinstance(cell, str):
        return _record(0x0204, at + struct.pack("<H", 0) + _text(cell)) if cell else b""
    if isinstance(cell, Day):
        return _record(0x0203, at + struct.pack("<Hd", DATE_STYLE, cell.serial))
    if isinstance(cell, Computed):
        stored = b"\0\0\0\0\0\0\xff\xff"  # a text follows
        formula = struct.pack("<H", 0) + stored + struct.pack("<HIH", 0, 0, 3) + b"\x1e\x01\x00"
        return _record(0x0006, at + formula) + _record(0x0207, _text(cell.text))
    return b"" if cell is None else _record(0x0203, at + struct.pack("<Hd", 0, float(str(cell))))
