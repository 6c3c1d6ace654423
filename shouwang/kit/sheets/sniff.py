"""What kind of file this is, by its first and last bytes, never by name alone; and whether it is safe to open."""

import stat
import zipfile
from io import BytesIO
from typing import BinaryIO, Literal

from shouwang.kit.sheets import Refused

Kind = Literal["xlsx", "xls", "csv", "ndjson"]

HEAD_BYTES = 64 * 1024
TAIL_BYTES = 512 * 1024
"""A central directory of 1,000 entries fits many times over; a longer one is refused."""

MAX_INFLATED = 1024**3
MAX_RATIO = 100
MAX_ENTRIES = 1_000
SMALL = 1024 * 1024
"""Parts up to 1 MiB may have any ratio: a short part of nothing but repetition packs better than 100:1."""

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHER_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "这是 PDF 文件，请在表格软件中另存为 .xlsx 后再报送"),
    (b"\x89PNG", "这是图片，请报送表格文件（.xlsx 或 .csv）"),
    (b"\xff\xd8\xff", "这是图片，请报送表格文件（.xlsx 或 .csv）"),
    (b"Rar!", "这是压缩包，请解压后逐个报送其中的表格"),
    (b"7z\xbc\xaf\x27\x1c", "这是压缩包，请解压后逐个报送其中的表格"),
    (b"\x1f\x8b", "这是压缩文件，请解压后再报送"),
    (b"\x09\x08", "这是很旧的 Excel 格式，请另存为 .xlsx 后再报送"),
    (b"\x09\x04", "这是很旧的 Excel 格式，请另存为 .xlsx 后再报送"),
)
_BOMBED = "文件结构异常（解压后过大或内容过多），请用表格软件打开后另存为新的 .xlsx 再报送"
_BROKEN = "文件不完整或已损坏，请重新导出或另存为 .xlsx 后再报送"


class Tail:
    """A file of which only the end is at hand: enough for a zip's central directory, which stands there."""

    def __init__(self, size: int, end: bytes) -> None:
        self._size, self._start, self._end, self._at = size, size - len(end), end, 0

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move as files do."""
        self._at = (0, self._at, self._size)[whence] + offset
        if self._at < 0:
            raise OSError("before the beginning")
        return self._at

    def tell(self) -> int:
        """Where reading stands."""
        return self._at

    def seekable(self) -> bool:
        """True: that is what it is for."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Bytes of the end; asking for anything before it is an error."""
        if self._at < self._start:
            raise OSError("not at hand")
        start = self._at - self._start
        found = self._end[start:] if size < 0 else self._end[start : start + size]
        self._at += len(found)
        return found


def kind_of(name: str, size: int, head: bytes, tail: bytes) -> Kind:
    """The kind of a file of `size` bytes; raises Refused with `file_kind` or `file_unreadable` and what to do.

    `head` and `tail` are its first `HEAD_BYTES` and last `TAIL_BYTES`, or all of it.
    """
    if not size or not head.strip(b"\x00 \t\r\n"):
        raise Refused("file_unreadable", "文件是空的，请检查后重新报送")
    if head.startswith(_ZIP):
        return _zipped(name, size, tail)
    if head.startswith(_OLE):
        return _ole(name, head, tail)
    for magic, hint in _OTHER_MAGIC:
        if head.startswith(magic):
            raise Refused("file_kind", hint)
    return _text(name, head)


def check_zip(file: BinaryIO) -> list[str]:
    """Names of the parts of a zip; raises Refused when opening it could do harm (docs/feeds.md keeps to trust F4)."""
    try:
        parts = zipfile.ZipFile(file).infolist()
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as broken:
        raise Refused("file_unreadable", _BROKEN) from broken
    if len(parts) > MAX_ENTRIES or sum(part.file_size for part in parts) > MAX_INFLATED:
        raise Refused("file_unreadable", _BOMBED)
    for part in parts:
        if ".." in part.filename.replace("\\", "/").split("/") or stat.S_ISLNK(part.external_attr >> 16):
            raise Refused("file_unreadable", _BOMBED)  # names that climb out, and links, serve only an attack
        if part.file_size > max(SMALL, MAX_RATIO * part.compress_size):
            raise Refused("file_unreadable", _BOMBED)
        if part.flag_bits & 1:
            raise Refused("file_unreadable", "文件加了密码，请去掉密码后再报送")
    return [part.filename for part in parts]


def _zipped(name: str, size: int, tail: bytes) -> Kind:
    whole = BytesIO(tail) if len(tail) == size else Tail(size, tail)
    names = set(check_zip(whole))  # type: ignore[arg-type]  # zipfile asks no more than Tail has
    if any(
        part.lower().endswith((".zip", ".xlsx", ".xls")) and not part.startswith("xl/embeddings/") for part in names
    ):
        raise Refused("file_kind", "这是压缩包，请解压后逐个报送其中的表格")
    if any(part.lower().endswith(".zip") for part in names):
        raise Refused("file_unreadable", _BOMBED)
    if "xl/workbook.bin" in names:
        raise Refused("file_kind", "这是 .xlsb 二进制工作簿，请另存为 .xlsx 后再报送")
    if any(part.lower().endswith("vbaproject.bin") for part in names):
        raise Refused("file_kind", "文件带有宏（.xlsm），请另存为不带宏的 .xlsx 后再报送")
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "content.xml" in names:
        raise Refused("file_kind", "这是 .ods 表格，请另存为 .xlsx 后再报送")
    if name.lower().endswith((".xlsx", ".xls")) and "[Content_Types].xml" in names and not _office(names):
        return "xlsx"  # a workbook of an unusual producer: the reader will say what is wrong with it
    raise Refused("file_kind", "这不是表格文件，请报送 .xlsx、.xls 或 .csv")


def _office(names: set[str]) -> bool:
    return any(part.startswith(("word/", "ppt/", "visio/")) for part in names)


def _ole(name: str, head: bytes, tail: bytes) -> Kind:
    seen = head + tail
    if _utf16("EncryptedPackage") in seen or _utf16("EncryptionInfo") in seen:
        raise Refused("file_unreadable", "文件加了密码，请去掉密码后再报送")
    if name.lower().endswith(".et"):
        raise Refused("file_kind", "这是 WPS 的 .et 表格，请另存为 .xlsx 后再报送")
    if name.lower().endswith((".doc", ".wps", ".ppt", ".msg")) or _utf16("WordDocument") in seen:
        raise Refused("file_kind", "这不是表格文件，请报送 .xlsx、.xls 或 .csv")
    return "xls"


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-le")


def _text(name: str, head: bytes) -> Kind:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:512].lower()
    if start.startswith((b"<html", b"<!doctype", b"<table", b"<meta", b"<head", b"<style", b"<div")):
        raise Refused("file_kind", "这是网页改名的表格，请用表格软件打开后另存为 .xlsx 再报送")
    if start.startswith((b"<?xml", b"<workbook")):
        raise Refused("file_kind", "这是 XML 格式的表格，请用表格软件打开后另存为 .xlsx 再报送")
    if b"\x00" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Refused("file_kind", "认不出这种文件，请报送 .xlsx、.xls 或 .csv")
    if name.lower().endswith((".xlsx", ".xls", ".xlsm", ".xlsb", ".et", ".ods")):
        raise Refused("file_kind", "这是改了扩展名的文本文件，请把扩展名改为 .csv，或另存为 .xlsx 后再报送")
    return "ndjson" if start.startswith(b"{") else "csv"
