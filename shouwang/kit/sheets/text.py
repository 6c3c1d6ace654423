"""Text files: CSV however it was exported, and one JSON object a line."""

import codecs
import csv
import json
import math
import re
from collections.abc import Iterator
from io import BytesIO, StringIO, TextIOWrapper
from typing import TextIO

from shouwang.kit.sheets import Plain, Refused

DELIMITERS = (",", "\t", ";")
MAX_FIELD = 1024 * 1024
CHUNK = 1024 * 1024
BEGINNING = 256 * 1024
"""Characters in which the delimiter is looked for."""

MAX_LINES_OF_A_RECORD = 100
"""A quoted cell may hold line breaks; one of a hundred lines is a quotation mark that was never closed."""

_UTF8_CELL = re.compile(rb'(?:^|[,;\t\r\n"])((?:[\xe4-\xe9][\x80-\xbf]{2}){2,})(?=[,;\t\r\n"]|$)')
"""A whole cell of two and more Chinese characters in UTF-8; as GB18030 it would be three and more of the rarest."""

Row = tuple[int, list[Plain]]
"""The first physical line of a record, and its cells."""


def decode(data: bytes) -> TextIO:
    """The text as a stream: UTF-16 by its mark, strict UTF-8, then GB18030; raises Refused naming a line that is none.

    It is checked whole before the first line is given, and never held whole as text.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _strict(data, "utf-16")
    try:
        return _checked(data, "utf-8", "utf-8-sig")
    except UnicodeDecodeError as wrong:
        if data.startswith(b"\xef\xbb\xbf"):
            raise _undecodable(data, wrong.start) from wrong
        _refuse_mixed(data, wrong.start)
    return _strict(data, "gb18030")


def _checked(data: bytes, encoding: str, reading: str = "") -> TextIO:
    """Raises UnicodeDecodeError with the place in the whole; then read as `reading`, the same without its mark."""
    decoder = codecs.getincrementaldecoder(encoding)()
    view = memoryview(data)
    for start in range(0, len(data), CHUNK):
        held = len(decoder.getstate()[0])
        try:
            decoder.decode(view[start : start + CHUNK], final=start + CHUNK >= len(data))
        except UnicodeDecodeError as wrong:
            at = start - held + wrong.start
            raise UnicodeDecodeError(encoding, b"", at, at, wrong.reason) from wrong
    return TextIOWrapper(BytesIO(data), encoding=reading or encoding, newline="")


def _strict(data: bytes, encoding: str) -> TextIO:
    try:
        return _checked(data, encoding)
    except UnicodeDecodeError as wrong:
        raise _undecodable(data, wrong.start) from wrong


def _refuse_mixed(data: bytes, broken: int) -> None:
    """Refuse what is neither throughout: GB18030 would make wrong names of its UTF-8 cells in silence."""
    seen = _UTF8_CELL.search(data)
    if seen is None:
        return
    if seen.start() < broken:
        raise _undecodable(data, broken)
    line, byte = _place(data, seen.start(1))
    hint = f"第 {line} 行第 {byte} 个字节起的文字编码与前面不同，请把整个文件另存为 UTF-8 编码的 .csv 后再报送"
    raise Refused("file_unreadable", hint)


def _place(data: bytes, at: int) -> tuple[int, int]:
    return data.count(b"\n", 0, at) + 1, at - (data.rfind(b"\n", 0, at) + 1) + 1


def _undecodable(data: bytes, at: int) -> Refused:
    line, byte = _place(data, at)
    return Refused(
        "file_unreadable", f"第 {line} 行第 {byte} 个字节不是可识别的文字编码，请另存为 UTF-8 编码的 .csv 后再报送"
    )


def delimiter_of(beginning: str) -> str:
    """The delimiter that occurs most in the first thirty lines; a comma when there is none."""
    lines = StringIO(beginning, newline="")
    start = "".join(line for _, line in zip(range(30), lines, strict=False))
    outside = "".join(start.split('"')[::2])
    return max(DELIMITERS, key=outside.count)


def read_csv(text: TextIO) -> Iterator[Row]:
    """The records of a CSV text; raises Refused when its quotation marks do not close."""
    csv.field_size_limit(MAX_FIELD)
    delimiter = delimiter_of(text.read(BEGINNING))
    text.seek(0)
    reader = csv.reader(text, delimiter=delimiter)
    line = 0
    try:
        for cells in reader:
            first, line = line + 1, reader.line_num
            if line - first >= MAX_LINES_OF_A_RECORD:
                raise _unclosed(first)
            yield first, list(cells)
    except csv.Error as wrong:
        raise _unclosed(line + 1) from wrong


def _unclosed(line: int) -> Refused:
    return Refused("file_unreadable", f"第 {line} 行起的引号没有成对，请检查后重新导出")


def read_ndjson(text: TextIO) -> Iterator[Row]:
    """The header (line 0) and the objects of a text with one JSON object a line, by physical line."""
    header: dict[str, int] = {}
    for _, record in _objects(text):
        for name in record:
            header.setdefault(name, len(header))
    text.seek(0)
    yield 0, list(header)
    for line, record in _objects(text):
        yield line, [record.get(name) for name in header]


def _objects(text: TextIO) -> Iterator[tuple[int, dict[str, Plain]]]:
    for line, part in enumerate(text, start=1):
        if part.strip():
            yield line, read_object(part, line)


def read_object(text: str, line: int) -> dict[str, Plain]:
    """One JSON object of plain values; raises Refused naming the line."""
    try:
        record = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as wrong:
        raise Refused("file_unreadable", f"第 {line} 行不是完整的 JSON 对象，请检查后重新导出") from wrong
    return plain_record(record, line)


def plain_record(record: object, line: int) -> dict[str, Plain]:
    """The record, when it is an object of texts, numbers, truth values and nulls; else raises Refused."""
    if not isinstance(record, dict):
        raise Refused("file_unreadable", f'第 {line} 条不是 JSON 对象，每条应形如 {{"列名": "值"}}')
    for name, value in record.items():
        if not _plain(name) or not _plain(value):
            raise Refused("file_unreadable", f"第 {line} 条有嵌套或无法识别的值，每个值应是文字或数字")
    return record


def _plain(value: object) -> bool:
    if isinstance(value, str):
        return value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value)
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, int)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
