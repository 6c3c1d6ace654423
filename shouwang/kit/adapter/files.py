"""The parent's side of reading a file: a child process with limits, restarted whenever a file gave trouble."""

import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Literal, cast

from shouwang.kit.adapter.table import Cell, Formula, Table
from shouwang.kit.sheets import Refused, frames, from_json

ROOT = Path(__file__).resolve().parents[3]
"""Where the child finds `shouwang.kit.sheets`, and nothing else of ours: it starts in some 30 ms."""

SILENCE_SECONDS = 300
"""A child that says nothing for longer is stopped: its 120 s of processor time, on a busy machine."""

TIRED_BYTES = 16 * 1024 * 1024
"""After so many bytes a child is replaced, because memory once asked for does not come back."""

_START = "import sys; sys.path.insert(0, sys.argv[1]); from shouwang.kit.sheets.child import main; main()"
_SOURCES: dict[str, Literal["xlsx", "xls", "csv", "records"]] = {
    "xlsx": "xlsx",
    "xls": "xls",
    "csv": "csv",
    "ndjson": "records",
}


class FileReader:
    """One warm child; reads one file at a time and is not shared between threads."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._read_bytes = 0

    def read(self, suffix: str, pieces: Iterable[bytes]) -> Table:
        """The one sheet of a file whose name ended in `suffix`.

        Raises Refused here, or while the rows are taken, when the file cannot be used. The rows can be taken once.
        """
        child = self._begin()
        self._hand_over(child, f"file{suffix}", pieces)
        head = self._next(child)
        return Table(
            rows=self._rows(child),
            source=_SOURCES[head["kind"]],
            sheet=head["sheet"],
            hidden_rows=frozenset(head["hidden"]),
        )

    def close(self) -> None:
        """Stop the child."""
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        for stream in (child.stdin, child.stdout):
            if stream is not None:
                with suppress(OSError):  # what was not written yet can no longer be
                    stream.close()
        child.wait()

    def _begin(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None or self._read_bytes > TIRED_BYTES:
            self.close()
            self._child = subprocess.Popen(  # noqa: S603 (our own interpreter and our own module)
                [sys.executable, "-I", "-c", _START, str(ROOT)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}, cwd="/",
            )  # fmt: skip
            self._read_bytes = 0
        return self._child

    def _hand_over(self, child: subprocess.Popen[bytes], name: str, pieces: Iterable[bytes]) -> None:
        stdin = cast("IO[bytes]", child.stdin)
        try:
            frames.send(stdin, name.encode())
            for piece in pieces:
                self._read_bytes += len(piece)
                frames.send(stdin, piece)
            frames.send(stdin, b"")
            stdin.flush()
        except BrokenPipeError:
            raise self._died(child) from None
        except BaseException:
            self.close()
            raise

    def _rows(self, child: subprocess.Popen[bytes]) -> Iterator[tuple[int, list[Cell]]]:
        ended = False
        try:
            while "rows" in (said := self._next(child)):
                yield from _decode(said["rows"], said["formulas"])
            ended = True
        finally:
            if not ended:  # the rest of its rows is still in the pipe
                self.close()

    def _next(self, child: subprocess.Popen[bytes]) -> dict[str, Any]:
        watch = threading.Timer(SILENCE_SECONDS, child.kill)
        watch.start()
        try:
            frame = frames.receive(cast("IO[bytes]", child.stdout))
        finally:
            watch.cancel()
        if frame is None:
            raise self._died(child)
        said: dict[str, Any] = frames.loads(frame)
        if "refused" in said:
            self.close()
            raise Refused(said["refused"], said["hint"])
        return said

    def _died(self, child: subprocess.Popen[bytes]) -> Refused:
        """It was the file that killed the child: too much memory (abort) or too much time."""
        self.close()
        late = child.returncode in (-24, -9)  # SIGXCPU, or our own patience
        hint = "读取超时，请拆分后再报送" if late else "文件结构异常，请用表格软件打开后另存为新的 .xlsx 再报送"
        return Refused("file_unreadable", hint)


def _decode(rows: list[list[Any]], formulas: list[list[int]]) -> Iterator[tuple[int, list[Cell]]]:
    marked = {(row, cell) for row, cell in formulas}
    for number, (line, cells) in enumerate(rows):
        if marked:
            yield line, [Formula(from_json(c)) if (number, n) in marked else from_json(c) for n, c in enumerate(cells)]
        else:
            yield line, [from_json(cell) if type(cell) is dict else cell for cell in cells]
