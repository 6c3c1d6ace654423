"""The file system inside an OLE file (.xls, .et, an .xlsx with a password): its streams' names, and the bytes of one.

After [MS-CFB]: a header, a table that chains sectors, a directory of 128-byte entries, small streams within one stream.
"""

import struct
from itertools import islice
from typing import Final

MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEADER: Final = 512
_IN_HEADER: Final = 109
"""Sectors of the table that the header itself names."""
_LAST: Final = 0xFFFFFFFA
"""From here on a sector number is a mark: end of a chain, free, table."""


class OleBroken(ValueError):
    """An OLE file whose chains lead nowhere."""


class Ole:
    """The streams of one file; raises OleBroken when it is not whole."""

    def __init__(self, data: bytes) -> None:
        if len(data) < _HEADER or not data.startswith(MAGIC):
            raise OleBroken("no OLE file")
        self._data = data
        shift, small_shift = struct.unpack_from("<HH", data, 30)
        directory, _, self._cutoff, small_table, _, more, _ = struct.unpack_from("<7I", data, 48)
        if shift not in (9, 12) or small_shift != 6:
            raise OleBroken("unknown sector size")
        self._sector = 1 << shift
        self._table = self._numbers(self._sectors_of_table(more))
        self._entries = self._directory(self._chain(directory))
        self._small_table = self._numbers([]) if small_table >= _LAST else self._numbers(self._places(small_table))
        root = next((entry for entry in self._entries.values() if entry[0] == 5), (5, _LAST, 0))
        self._small = b"" if root[1] >= _LAST else self._chain(root[1])

    @property
    def names(self) -> frozenset[str]:
        """The names of all streams and storages."""
        return frozenset(self._entries)

    def stream(self, name: str) -> bytes:
        """The bytes of a stream; raises OleBroken when there is none."""
        kind, start, size = self._entries.get(name, (0, 0, 0))
        if kind != 2:
            raise OleBroken(f"no stream {name}")
        if size >= self._cutoff:
            return self._chain(start)[:size]
        parts = (self._small[at * 64 : at * 64 + 64] for at in self._follow(start, self._small_table))
        return b"".join(parts)[:size]

    def _sectors_of_table(self, more: int) -> list[int]:
        found = list(struct.unpack_from(f"<{_IN_HEADER}I", self._data, 76))
        each = self._sector // 4
        for _ in range(len(self._data) // self._sector):
            if more >= _LAST:
                break
            numbers = struct.unpack(f"<{each}I", self._at(more))
            found += numbers[:-1]
            more = numbers[-1]
        return [number for number in found if number < _LAST]

    def _numbers(self, sectors: list[int]) -> list[int]:
        joined = b"".join(self._at(sector) for sector in sectors)
        return list(struct.unpack(f"<{len(joined) // 4}I", joined))

    def _at(self, sector: int) -> bytes:
        start = (sector + 1) * self._sector
        found = self._data[start : start + self._sector]
        if not found:
            raise OleBroken("a sector beyond the end")
        return found.ljust(self._sector, b"\0")

    def _places(self, start: int) -> list[int]:
        return self._follow(start, self._table)

    @staticmethod
    def _follow(start: int, table: list[int]) -> list[int]:
        chain: list[int] = []
        while start < _LAST:
            if start >= len(table) or len(chain) > len(table):
                raise OleBroken("a chain without an end")
            chain.append(start)
            start = table[start]
        return chain

    def _chain(self, start: int) -> bytes:
        return b"".join(self._at(sector) for sector in self._places(start))

    @staticmethod
    def _directory(raw: bytes) -> dict[str, tuple[int, int, int]]:
        """Kind (2 stream, 5 root), first sector and size by name."""
        found: dict[str, tuple[int, int, int]] = {}
        for at in islice(range(0, len(raw), 128), 10_000):
            length, kind = struct.unpack_from("<HB", raw, at + 64)
            start, size = struct.unpack_from("<II", raw, at + 116)
            if kind:
                name = raw[at : at + max(0, min(64, length) - 2)].decode("utf-16-le", "replace")
                found.setdefault(name, (kind, start, size))
        return found
