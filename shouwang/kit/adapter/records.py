"""The body of a push: JSON or NDJSON, plain or gzip, never more than its limits; the rows as one JSON object a line."""

import json
import zlib
from collections.abc import AsyncIterator
from typing import Any

from shouwang.kit.problems import Problem
from shouwang.kit.sheets import Refused
from shouwang.kit.sheets.text import plain_record, read_object

MAX_ROWS = 10_000
MAX_BYTES = 8 * 1024 * 1024
"""Inflated (docs/feeds.md, "HTTP, per department adapter")."""

_JSON = "application/json"
_NDJSON = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"})
_TOO_LARGE = "每次最多 10,000 行、解压后 8 MiB；更长的名单请用 ?list=编号&part=序号 分批报送。"


async def body(stream: AsyncIterator[bytes], encoding: str) -> bytes:
    """The whole body, inflated; raises Problem 413, 415 or 422."""
    if encoding not in ("", "identity", "gzip"):
        raise Problem(415, "encoding_unknown", "压缩方式不支持", "请不压缩或使用 gzip。")
    inflate = Inflate() if encoding == "gzip" else None
    taken = bytearray()
    async for chunk in stream:
        taken += inflate.add(chunk, MAX_BYTES + 1 - len(taken)) if inflate else chunk
        if len(taken) > MAX_BYTES:
            raise too_large()
    if inflate and not inflate.whole:
        raise Problem(422, "gzip_broken", "压缩内容不完整", "请重新压缩后再报送。")
    return bytes(taken)


def too_large() -> Problem:
    """A push beyond its limits."""
    return Problem(413, "too_large", "内容过大", _TOO_LARGE)


class Inflate:
    """gzip, one member after another, never inflating more than it is asked for."""

    def __init__(self) -> None:
        self._one = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._begun = False

    @property
    def whole(self) -> bool:
        """True when the last member has ended."""
        return self._one.eof

    def add(self, data: bytes, room: int) -> bytes:
        """Up to `room` inflated bytes of some more data; raises Problem 422 for what is not gzip."""
        out = b""
        try:
            while data and len(out) < room:
                if self._one.eof:
                    self._one = zlib.decompressobj(zlib.MAX_WBITS | 16)
                out += self._one.decompress(data, room - len(out))
                data = self._one.unconsumed_tail or self._one.unused_data
        except zlib.error:
            raise Problem(422, "gzip_broken", "压缩内容无法解开", "请重新压缩后再报送。") from None
        return out


def rows_of(content: bytes, media_type: str) -> list[dict[str, Any]]:
    """The records of a body; raises Problem 413, 415 or 422."""
    if media_type == _JSON:
        rows = _of_json(content)
    elif media_type in _NDJSON:
        rows = _of_lines(content)
    else:
        raise Problem(
            415,
            "media_type",
            "内容类型不支持",
            "请使用 application/json 或 application/x-ndjson；表格文件请用 …/files 报送。",
        )
    if len(rows) > MAX_ROWS:
        raise too_large()
    return rows


def as_lines(rows: list[dict[str, Any]]) -> bytes:
    """The rows as they rest in the inbox: record n is line n."""
    return b"".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for row in rows)


def _of_json(content: bytes) -> list[dict[str, Any]]:
    hint = '请报送 {"records": [{"列名": "值"}, …]}。'
    try:
        said = json.loads(content, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Problem(422, "json_broken", "JSON 无法读取", f"请检查是否完整；{hint}") from None
    if not isinstance(said, dict) or not isinstance(said.get("records"), list):
        raise Problem(422, "records_missing", "没有找到 records", hint)
    try:
        return [plain_record(record, number) for number, record in enumerate(said["records"], start=1)]
    except Refused as refused:
        raise Problem(422, "record_broken", "有记录无法读取", refused.hint) from None


def _of_lines(content: bytes) -> list[dict[str, Any]]:
    try:
        text = content.decode("utf-8-sig")
        lines = [line for line in text.split("\n") if line.strip()]
        if len(lines) > MAX_ROWS:
            raise too_large()
        rows = [read_object(line, number) for number, line in enumerate(lines, start=1)]
    except UnicodeDecodeError:
        raise Problem(422, "text_broken", "文字编码无法识别", "请使用 UTF-8 编码。") from None
    except Refused as refused:
        raise Problem(422, "record_broken", "有记录无法读取", refused.hint) from None
    if not rows:
        raise Problem(422, "empty", "内容是空的", '请报送至少一行；没有新增时请报送 {"records": []}（零报告）。')
    return rows


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
