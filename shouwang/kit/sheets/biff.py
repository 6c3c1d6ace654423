"""What an .xls says of a sheet beside its values: where formulas are, which rows are hidden, whether it is locked.

After [MS-XLS]: a stream of records (kind, length, body); the sheet's own begin where the globals say.
"""

import struct
from collections.abc import Iterator
from typing import Final

from shouwang.kit.sheets.ole import Ole, OleBroken

_BOUNDSHEET, _FILEPASS, _BOF, _EOF = 0x0085, 0x002F, 0x0809, 0x000A
_ROW, _FORMULA = 0x0208, 0x0006
_HIDDEN: Final = 0x20

Marked = tuple[set[tuple[int, int]], set[int]]
"""Places of formulas (row from 1, column from 0), and hidden rows."""


class Locked(Exception):
    """A workbook that is encrypted."""


def book_of(data: bytes) -> bytes | None:
    """The workbook stream of an OLE file; None when it cannot be found. Raises Locked."""
    try:
        files = Ole(data)
        if "EncryptedPackage" in files.names:
            raise Locked
        name = next(name for name in ("Workbook", "Book") if name in files.names)
        stream = files.stream(name)
    except (OleBroken, StopIteration, struct.error):
        return None
    if any(kind == _FILEPASS for kind, _ in _records(stream, 0)):
        raise Locked
    return stream


def marks_of(stream: bytes, place: int) -> Marked:
    """What is marked in the sheet at `place` (from 0, in the order of the workbook)."""
    formulas: set[tuple[int, int]] = set()
    hidden: set[int] = set()
    begins = [struct.unpack_from("<I", body)[0] for kind, body in _records(stream, 0) if kind == _BOUNDSHEET]
    if place < len(begins):
        for kind, body in _records(stream, begins[place]):
            if kind == _FORMULA and len(body) >= 4:
                row, column = struct.unpack_from("<HH", body)
                formulas.add((row + 1, column))
            elif kind == _ROW and len(body) >= 16 and body[12] & _HIDDEN:
                hidden.add(struct.unpack_from("<H", body)[0] + 1)
    return formulas, hidden


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """The records of one substream, without those of what is embedded in it."""
    depth = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        depth += (kind == _BOF) - (kind == _EOF)
        if depth <= 1:
            yield kind, stream[at + 4 : at + 4 + length]
        if depth <= 0:
            return
        at += 4 + length
