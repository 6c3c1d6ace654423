"""Canary identities: made-up names, numbers and phones, and whether any trace of them is found where none may be."""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

_SHORTEST = 4
"""Bytes of a form worth looking for: a shorter one turns up by chance in a file of a few megabytes."""


class Trace(NamedTuple):
    """Where a canary came to light, and in which form."""

    file: Path
    canary: str
    form: str


def forms(canary: str) -> dict[str, bytes]:
    """Every form a canary could rest in: each encoding, hex, base64 at each alignment, escaped, plain hashes."""
    clear = canary.encode()
    found = {
        "utf-8": clear,
        "gb18030": canary.encode("gb18030"),
        "utf-16le": canary.encode("utf-16-le"),
        "utf-16be": canary.encode("utf-16-be"),
        "hex": clear.hex().encode(),
        "HEX": clear.hex().upper().encode(),
        "url": quote(canary).encode(),
        "json": canary.encode("ascii", "backslashreplace"),
        **{f"base64+{shift}": _base64(clear, shift) for shift in range(3)},
    }
    for name in ("md5", "sha1", "sha256", "sha512", "sm3"):
        if name in hashlib.algorithms_available:
            digest = hashlib.new(name, clear, usedforsecurity=False).digest()
            found |= {
                name: digest,
                f"{name} hex": digest.hex().encode(),
                f"{name} base64": base64.b64encode(digest)[:-2],
            }
    return {name: form for name, form in found.items() if len(form) >= _SHORTEST}


def _base64(clear: bytes, shift: int) -> bytes:
    """The part of a longer text's base64 that only the canary decides, when it begins `shift` bytes into a group."""
    coded = base64.b64encode(b"\0" * shift + clear)
    first = {0: 0, 1: 2, 2: 3}[shift]
    whole = (shift + len(clear)) * 8 // 6
    return coded[first:whole]


def traces(folder: Path, canaries: Iterable[str], *, but: Iterable[Path] = ()) -> list[Trace]:
    """Every trace in every file under `folder` (SQLite files with their logs included), but not in the files named."""
    wanted = {canary: forms(canary) for canary in canaries}
    left_out = {path.resolve() for path in but}
    found: list[Trace] = []
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        if file.resolve() not in left_out:
            found += _traces_in(file, file.read_bytes(), wanted)
    return found


def _traces_in(file: Path, content: bytes, wanted: Mapping[str, Mapping[str, bytes]]) -> Iterator[Trace]:
    for canary, said in wanted.items():
        yield from (Trace(file, canary, form) for form, text in said.items() if text in content)
