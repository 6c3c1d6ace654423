"""A multipart upload as it streams in: the part called `file` goes to the spool, everything else is let go."""

from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from shouwang.kit.adapter.spool import Spool
from shouwang.kit.problems import Problem

MAX_HEADERS = 16 * 1024
LONGEST_SUFFIX = 6


class Upload:
    """Feeds a spool from a multipart body; `write` is called with each chunk, `finish` at the end."""

    def __init__(self, content_type: str, spool: Spool) -> None:
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise Problem(
                415, "multipart_expected", "内容类型不支持", "请以 multipart/form-data 上传，文件放在 file 字段。"
            )
        self._spool = spool
        self._field, self._value, self._header_bytes = b"", b"", 0
        self._taking, self._taken, self._ended = False, False, False
        self.suffix = ""
        self._parser = MultipartParser(boundary, self._callbacks())  # type: ignore[arg-type]

    def write(self, chunk: bytes) -> None:
        """Take the next bytes of the body; raises Problem 422, or Refused when the file is too large."""
        try:
            self._parser.write(chunk)
        except FormParserError:
            raise self._broken() from None

    def finish(self) -> None:
        """The body is over; raises Problem 422 when it was not whole or held no file."""
        try:
            self._parser.finalize()
        except FormParserError:
            raise self._broken() from None
        if not self._ended:
            raise self._broken()
        if not self._taken:
            raise Problem(422, "file_missing", "没有找到文件", "请把文件放在名为 file 的字段里上传。")

    def _callbacks(self) -> dict[str, Any]:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._on_field,
            "on_header_value": self._on_value,
            "on_header_end": self._header,
            "on_part_data": self._data,
            "on_part_end": self._part_end,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        self._field, self._value, self._header_bytes = b"", b"", 0

    def _on_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]
        self._require_short(end - start)

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._require_short(end - start)

    def _require_short(self, more: int) -> None:
        self._header_bytes += more
        if self._header_bytes > MAX_HEADERS:
            raise self._broken()

    def _header(self) -> None:
        if self._field.lower() == b"content-disposition":
            _, options = parse_options_header(self._value)
            if options.get(b"name") == b"file" and not self._taken:
                self._taking = self._taken = True
                self.suffix = suffix_of(_text(options.get(b"filename", b"")))
        self._field, self._value = b"", b""

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._taking:
            self._spool.add(data[start:end])

    def _part_end(self) -> None:
        self._taking = False

    def _end(self) -> None:
        self._ended = True

    @staticmethod
    def _broken() -> Problem:
        return Problem(422, "multipart_broken", "上传内容不完整", "请重新上传。")


def suffix_of(name: str) -> str:
    """`.xlsx` of `名单.XLSX`; empty when the name ends otherwise. The name itself may name a person and is not kept."""
    _, dot, end = name.rpartition(".")
    fits = dot and end.isascii() and end.isalnum() and len(end) <= LONGEST_SUFFIX
    return f".{end.lower()}" if fits else ""


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("gb18030", "replace")
