"""The child: reads one file after another under limits and says its rows; whatever it dies of, the parent lives."""

import math
import resource
import signal
import sys
from collections.abc import Iterable, Iterator
from io import BytesIO
from itertools import islice
from typing import Any, BinaryIO

from shouwang.kit.sheets import Plain, Refused, frames, to_json
from shouwang.kit.sheets.inside import Marks
from shouwang.kit.sheets.sniff import HEAD_BYTES, TAIL_BYTES, Kind, kind_of
from shouwang.kit.sheets.text import decode, read_csv, read_ndjson
from shouwang.kit.sheets.workbook import Sheet, read_workbook

MEMORY = 2 * 1024**3
"""Address space; a real workbook of a million rows reads in 1.0 GiB."""

CPU_SECONDS = 120
STREAM_CPU_SECONDS = 300
"""For a workbook so large that it is read row by row (trust F2: at most five minutes)."""

ROWS_A_FRAME = 500


def main() -> None:
    """Serve files from standard input until it closes."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for none in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
        resource.setrlimit(none, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while (name := frames.receive(source)) is not None:
        _allow_cpu(CPU_SECONDS)
        _serve(name.decode(), source, sink)


def _allow_cpu(seconds: int) -> None:
    """Each file gets its own share: the soft limit is what was used so far and `seconds` more."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = math.ceil(used.ru_utime + used.ru_stime) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def _serve(name: str, source: BinaryIO, sink: BinaryIO) -> None:
    try:
        kind, sheet = _read(name, _whole(source))
        formulas = sheet.marks.formulas
        frames.send_json(sink, {"kind": kind, "sheet": sheet.name, "hidden": sorted(sheet.marks.hidden)})
        for rows in _batches(sheet.rows):
            frames.send_json(sink, {"rows": rows, "formulas": _formulas_of(rows, formulas)})
        frames.send_json(sink, {"end": True})
    except Refused as refused:
        frames.send_json(sink, {"refused": refused.code, "hint": refused.hint})
    except (MemoryError, RecursionError):
        frames.send_json(sink, {"refused": "file_unreadable", "hint": "文件结构异常或内容过多，请拆分后再报送"})


def _whole(source: BinaryIO) -> bytes:
    whole = BytesIO()
    while part := frames.receive(source):
        whole.write(part)
    return whole.getvalue()


def _read(name: str, data: bytes) -> tuple[Kind, Sheet]:
    kind = kind_of(name, len(data), data[:HEAD_BYTES], data[-TAIL_BYTES:])
    if kind == "xlsx" or kind == "xls":  # noqa: PLR1714 (mypy narrows this form)
        return kind, read_workbook(data, kind, slowly=lambda: _allow_cpu(STREAM_CPU_SECONDS))
    read = read_csv if kind == "csv" else read_ndjson
    return kind, Sheet("", Marks(), read(decode(data)))


def _batches(rows: Iterable[tuple[int, list[Plain]]]) -> Iterator[list[tuple[int, list[Any]]]]:
    source = iter(rows)
    while batch := [(line, list(map(to_json, cells))) for line, cells in islice(source, ROWS_A_FRAME)]:
        yield batch


def _formulas_of(rows: list[tuple[int, list[Any]]], formulas: set[tuple[int, int]]) -> list[tuple[int, int]]:
    """Places of the formula cells within this batch: (which row of it, which cell)."""
    if not formulas:
        return []
    return [(n, c) for n, (line, cells) in enumerate(rows) for c in range(len(cells)) if (line, c) in formulas]


if __name__ == "__main__":
    main()
