"""The canary search finds what it must find: a search that finds nothing proves nothing by itself."""

import base64
import hashlib
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.security.canary import traces

NAME, NUMBER, PHONE = "欧阳金丝雀", "53292720140315001X", "13877776666"
LEAKS: dict[str, Callable[[str], bytes]] = {
    "clear": lambda text: f"a row of {text}, and more".encode(),
    "gb18030": lambda text: f"行{text}".encode("gb18030"),
    "utf-16": lambda text: f"行{text}".encode("utf-16"),
    "hex": lambda text: f"行{text}".encode().hex().encode(),
    "base64 at 0": lambda text: base64.b64encode(f"abc{text}def".encode()),
    "base64 at 1": lambda text: base64.b64encode(f"abcd{text}d".encode()),
    "base64 at 2": lambda text: base64.b64encode(f"ab{text}".encode()),
    "url": lambda text: quote(f"/x?q={text}").encode(),
    "json": lambda text: json.dumps({"x": text}).encode(),
    "sha256": lambda text: hashlib.sha256(text.encode()).hexdigest().encode(),
    "md5": lambda text: hashlib.md5(text.encode(), usedforsecurity=False).digest(),
}


@pytest.mark.parametrize("canary", [NAME, NUMBER, PHONE])
@pytest.mark.parametrize("leak", sorted(LEAKS))
def test_a_leak_in_any_form_is_found(tmp_path: Path, canary: str, leak: str) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "log.db-wal").write_bytes(b"\0\1before" + LEAKS[leak](canary) + b"after")
    assert {trace.canary for trace in traces(tmp_path, [NAME, NUMBER, PHONE])} == {canary}


def test_a_leak_in_a_sqlite_file_is_found_where_it_rests(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "a.db")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE t (x TEXT)")
    connection.execute("INSERT INTO t VALUES (?)", (NAME,))
    connection.commit()
    found = {trace.file.name for trace in traces(tmp_path, [NAME])}
    connection.close()
    assert "a.db-wal" in found


def test_files_without_a_trace_and_files_left_out_are_silent(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("nothing of anybody", encoding="utf-8")
    (tmp_path / "b").write_text(NAME, encoding="utf-8")
    assert traces(tmp_path, [NAME], but=[tmp_path / "b"]) == []
