"""What is read of a long sending rests here until it is used: sealed, in a file without a name, never whole in memory.

The key lives in the memory of this process alone, so that nothing can be read of what a crash leaves on the disk.
"""

import gc
import pickle
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from operator import attrgetter
from typing import IO, Any, Final, NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contracts.vocabulary import SubjectKind
from shouwang.kit.adapter.sending import EVERYBODY, NOBODY, Portion, Row, Span

IN_MEMORY: Final = 20_000
"""Rows kept in memory before they are put aside: some 25 MB."""
PEOPLE_AT_ONCE: Final = 1_000
"""The vault is called once per thousand people (docs/design.md, "Identity")."""

_FIELDS = attrgetter(*Row.__dataclass_fields__)
_PREFIXES: Final = {SubjectKind.PERSON: "p1", SubjectKind.HOUSEHOLD: "h1"}
_LETTERS: Final = "234567abcdefghijklmnopqrstuvwxyz"
_HEAD: Final = 4
"""Characters of a reference that say which portion it falls into: one letter and a quarter of the next."""


ALLOCATIONS: Final = 100_000
"""New objects between two looks for garbage while a sending is translated: its rows make no cycles."""


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """While a long sending is in hand, garbage is looked for seldom: a fifth of the time otherwise."""
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], ALLOCATIONS), max(before[1], 20), before[2])
    try:
        yield
    finally:
        gc.set_threshold(*before)


class Place(NamedTuple):
    """Where something was put aside."""

    start: int
    length: int


class Spill:
    """A sealed file for what does not fit into memory; gone when it is closed, or with the process."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._cipher = AESGCM(AESGCM.generate_key(256))
        self._end = 0

    def put(self, values: list[Any]) -> Place:
        """Put values aside."""
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="shouwang-")  # noqa: SIM115 (closed by `close`)
        place = Place(self._end, 0)
        sealed = self._cipher.encrypt(_nonce(place.start), pickle.dumps(values, 5), None)
        self._file.seek(self._end)
        self._file.write(sealed)
        self._end += len(sealed)
        return Place(place.start, len(sealed))

    def get(self, place: Place) -> list[Any]:
        """Take them up again."""
        assert self._file is not None  # something was put
        self._file.seek(place.start)
        opened = self._cipher.decrypt(_nonce(place.start), self._file.read(place.length), None)
        values: list[Any] = pickle.loads(opened)  # noqa: S301 (our own, authenticated by a key only we have)
        return values

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
            self._file = None


def _nonce(start: int) -> bytes:
    return start.to_bytes(12, "big")


class Pile:
    """Values in the order in which they were added, some in memory and the rest put aside."""

    def __init__(self, spill: Spill, at_once: int) -> None:
        self._spill, self._at_once = spill, at_once
        self._places: list[Place] = []
        self._last: list[Any] = []

    def append(self, value: Any) -> None:
        """Add one."""
        self._last.append(value)
        if len(self._last) >= self._at_once:
            self._places.append(self._spill.put(self._last))
            self._last = []

    def extend(self, values: Iterable[Any]) -> None:
        """Add some."""
        self._last += values
        if len(self._last) >= self._at_once:
            self._places.append(self._spill.put(self._last))
            self._last = []

    def chunks(self) -> Iterator[list[Any]]:
        """All of them, as many at a time as were put aside together."""
        for place in self._places:
            yield self._spill.get(place)
        if self._last:
            yield self._last


class Rows:
    """The rows of one sending, by ranges of their subjects once there are many."""

    def __init__(self, spill: Spill, kind: SubjectKind) -> None:
        self._spill, self._prefix = spill, _PREFIXES.get(kind)
        self._heap: list[Row] = []
        self._places: dict[str, list[Place]] = {}

    def append(self, row: Row) -> None:
        """Add a row."""
        self._heap.append(row)
        if len(self._heap) >= IN_MEMORY:
            self._put_aside()

    def portions(self) -> Iterator[Portion]:
        """All rows, those without a subject first; those of one subject together and in order.

        Every subject there may be is in one of the spans.
        """
        if not self._places:
            yield Portion(EVERYBODY, self._heap)
            return
        if self._heap:
            self._put_aside()
        for place in self._places.get("", ()):
            yield Portion(NOBODY, [Row(*fields) for fields in self._spill.get(place)])
        for head, span in _spans(self._prefix):
            yield Portion(span, self._taken_up(head))

    def _put_aside(self) -> None:
        parts: dict[str, list[Row]] = {}
        for row in self._heap:
            subject = row.subject
            parts.setdefault("" if subject is None else self._head(subject), []).append(row)
        for head, rows in parts.items():
            self._places.setdefault(head, []).append(self._spill.put(list(map(_FIELDS, rows))))
        self._heap = []

    def _taken_up(self, head: str) -> list[Row]:
        return [Row(*fields) for place in self._places.get(head, ()) for fields in self._spill.get(place)]

    def _head(self, subject: str) -> str:
        return _QUARTERS[subject[2:_HEAD]] if self._prefix else "all"


def spans(kind: SubjectKind) -> list[Span]:
    """Ranges that hold every subject of a kind there may be."""
    return [span for _, span in _spans(_PREFIXES.get(kind))]


def _spans(prefix: str | None) -> Iterator[tuple[str, Span]]:
    if not prefix:
        yield "all", EVERYBODY
        return
    heads = sorted(set(_QUARTERS.values()))
    lows = ["", *(prefix + head for head in heads[1:])]
    for head, low, high in zip(heads, lows, [*lows[1:], None], strict=True):
        yield head, Span(low, high)


_QUARTERS: Final = {
    first + second: first + _LETTERS[at & ~7] for first in _LETTERS for at, second in enumerate(_LETTERS)
}
