"""Damaged ID cells by the hundred thousand: `python -m tests.corpus.fuzz [CELLS]` prints how many named a stranger."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime
from random import Random

from shouwang.kit.adapter.files import FileReader
from shouwang.kit.adapter.table import Delivery
from shouwang.kit.adapter.translate import Reading, read_sheet
from shouwang.kit.clock import SHANGHAI
from shouwang.kit.identity import Identity
from tests.corpus import biff, people
from tests.corpus.door import HEAD, text
from tests.doors import adapter_of
from tests.unit.door.workbooks import workbook

FEED = adapter_of("education").feeds["school_absence"]
DELIVERY = Delivery("532927", date(2026, 6, 15), datetime(2026, 6, 15, 9, tzinfo=SHANGHAI), Identity(b"8" * 32))
A_FILE = 5_000
MAKERS: dict[str, Callable[[list[list[object]]], bytes]] = {
    ".csv": lambda rows: text(rows).encode(),
    ".xlsx": workbook,
    ".xls": lambda rows: biff.xls(biff.Sheet(rows)),
}


def files(rng: Random, cells: int) -> Iterator[tuple[str, bytes, list[str]]]:
    """Files of damaged numbers, as text, .xls and .xlsx, each with the numbers that were meant."""
    for start in range(0, cells, A_FILE):
        meant = [people.number(rng) for _ in range(min(A_FILE, cells - start))]
        rows: list[list[object]] = [
            ["赵一", people.damaged(rng, whole), f"{start}-{n}", "已辍学", ""] for n, whole in enumerate(meant)
        ]
        kind = list(MAKERS)[start // A_FILE % 3]
        yield kind, MAKERS[kind]([[*HEAD], *rows]), meant


def read(reader: FileReader, suffix: str, content: bytes) -> Reading:
    """A whole file as the door reads it."""
    return read_sheet(FEED, reader.read(suffix, [content]), DELIVERY)


def run(cells: int, seed: str = "F8") -> Counter[str]:
    """How the cells came out: `right`, `rejected`, `wrong` (a stranger was named) by whole readings of files."""
    said: Counter[str] = Counter()
    reader = FileReader()
    for suffix, content, meant in files(Random(seed), cells):
        for row, whole in zip(read(reader, suffix, content).rows, meant, strict=True):
            right = row.subject == DELIVERY.identity.person(whole)
            said["rejected" if row.trouble else "right" if right else "wrong"] += 1
            said["wrong"] += bool(row.trouble and row.subject and not right)
    reader.close()
    return said


def main() -> None:
    """Print the figures; end with 1 when a number named somebody else."""
    cells = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    said = run(cells)
    print(f"{cells} ID cells: {said['right']} read right, {said['rejected']} rejected, {said['wrong']} wrong joins")
    raise SystemExit(1 if said["wrong"] or said["right"] + said["rejected"] != cells else 0)


if __name__ == "__main__":
    main()
