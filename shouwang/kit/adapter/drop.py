"""The drop folder: a file that is complete becomes a sending and leaves a receipt in its place."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from shouwang.kit.adapter.auth import Caller
from shouwang.kit.adapter.inbox import Asked, Inbox
from shouwang.kit.adapter.receive import sniffed
from shouwang.kit.adapter.upload import suffix_of
from shouwang.kit.clock import Clock
from shouwang.kit.problems import Problem
from shouwang.kit.sheets import Refused

SUFFIXES = frozenset({".xlsx", ".xls", ".csv"})
STABLE_SECONDS = 2.0
"""A file whose size and time of change stand still for so long is complete; one renamed in is so from the start."""

PATIENCE_SECONDS = 30.0
"""A file that looks broken may be one whose writer paused: only after so long is it refused."""

CHECKSUM = ".sha256"
"""A side file with the SHA-256 of its file, as sha256sum writes it; optional. With one, no other bytes are taken."""

RECEIPT = ".receipt.json"
REFUSED = "refused"
READ_BYTES = 1024 * 1024
SENDER = "drop"

_Seen = tuple[int, int, float]
"""Size, time of change, and since when both are as they are."""


class DropFolder:
    """Watches `root/<feed>/` of one department and county."""

    def __init__(
        self, root: Path, county: str, feeds: Mapping[str, object], inbox: Inbox,
        show: Callable[[str, str], dict[str, Any]], clock: Clock,
    ) -> None:  # fmt: skip
        self._root, self._county, self._feeds = root, county, feeds
        self._inbox, self._show, self._clock = inbox, show, clock
        self._seen: dict[Path, _Seen] = {}

    def once(self) -> int:
        """Take every complete file and bring receipts up to date; returns how many files were taken or refused."""
        taken = 0
        present: set[Path] = set()
        for feed, file in self._files():
            present.add(file)
            if self._complete(file):
                taken += self._take(feed, file)
        self._seen = {file: seen for file, seen in self._seen.items() if file in present}
        self._refresh()
        return taken

    def _files(self) -> Iterator[tuple[str, Path]]:
        for feed in self._feeds:
            folder = self._root / feed
            folder.mkdir(parents=True, exist_ok=True)
            for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
                hidden = entry.name.startswith((".", "~"))
                if not hidden and suffix_of(entry.name) in SUFFIXES and entry.is_file(follow_symlinks=False):
                    yield feed, Path(entry.path)

    def _complete(self, file: Path) -> bool:
        try:
            about = file.stat(follow_symlinks=False)
        except FileNotFoundError:
            return False
        now = self._clock.now().timestamp()
        size, changed, _ = self._seen.get(file, (-1, -1, now))
        if (size, changed) != (about.st_size, about.st_mtime_ns):
            self._seen[file] = (about.st_size, about.st_mtime_ns, now)
            return False
        return self._stood(file) >= STABLE_SECONDS

    def _stood(self, file: Path) -> float:
        """Seconds it has stood still."""
        return self._clock.now().timestamp() - self._seen[file][2]

    def _take(self, feed: str, file: Path) -> bool:
        about = file.stat()
        spool = self._inbox.spool()
        try:
            with file.open("rb") as stream:
                while piece := stream.read(READ_BYTES):
                    spool.add(piece)
            self._require_sum(file, spool.digest)
            kept = sniffed(spool, suffix_of(file.name))
        except Refused as refused:
            patient = refused.code == "file_unreadable" and self._stood(file) < PATIENCE_SECONDS
            if not patient:
                self._refuse(file, refused.code, refused.hint)
            return not patient
        now = file.stat()
        if (now.st_size, now.st_mtime_ns) != (spool.size, about.st_mtime_ns):
            return False  # somebody went on writing while it was read
        # Taken once, though a crash may come between the inbox's commit and the file's removal.
        once = f"{SENDER}/{feed}/{file.name}/{about.st_size}/{about.st_mtime_ns}"
        try:
            receipt = self._inbox.take(spool, Caller(self._county, SENDER), Asked(feed, kept, repeat_key=once))
        except Problem:
            return False  # no room or no database now: the file stays where it is
        file.unlink()
        file.with_name(file.name + CHECKSUM).unlink(missing_ok=True)
        _write(file.with_name(file.name + RECEIPT), self._show(receipt, self._county))
        return True

    @staticmethod
    def _require_sum(file: Path, digest: str) -> None:
        """Raise Refused when a side file says other bytes were meant."""
        side = file.with_name(file.name + CHECKSUM)
        try:
            said = side.read_text(encoding="utf-8-sig").split()
        except (FileNotFoundError, UnicodeDecodeError):
            return
        if said and said[0].lower() != digest:
            raise Refused("file_unreadable", "文件与校验文件（.sha256）不符，可能没有传完，请重新放入")

    def _refuse(self, file: Path, code: str, hint: str) -> None:
        folder = file.parent / REFUSED
        folder.mkdir(exist_ok=True)
        file.replace(folder / file.name)
        file.with_name(file.name + CHECKSUM).unlink(missing_ok=True)
        rows = [{"line": None, "column": None, "reason": code, "kind": None, "hint": hint}]
        _write(file.with_name(file.name + RECEIPT), {"receipt": None, "state": "refused", "rows": rows, "warnings": []})

    def _refresh(self) -> None:
        """Receipts that said `working` or `held` say how it went on."""
        for feed in self._feeds:
            for file in (self._root / feed).glob(f"*{RECEIPT}"):
                with suppress(ValueError, OSError, KeyError, Problem):
                    said = json.loads(file.read_text(encoding="utf-8"))
                    if said["state"] in ("working", "held"):
                        now = self._show(said["receipt"], self._county)
                        if now != said:
                            _write(file, now)


def _write(file: Path, said: dict[str, Any]) -> None:
    """Replace a receipt as a whole, so that nobody reads half of one."""
    part = file.with_name(f".{file.name}.part")
    part.write_text(json.dumps(said, ensure_ascii=False, indent=1), encoding="utf-8")
    part.replace(file)
