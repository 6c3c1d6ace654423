"""A sending opened again from the inbox: its bytes unsealed, its rows as a table."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from io import StringIO
from typing import cast

from sqlalchemy import Engine, RowMapping

from shouwang.kit.adapter.declaration import Feed
from shouwang.kit.adapter.files import FileReader
from shouwang.kit.adapter.spool import pieces
from shouwang.kit.adapter.table import Cell, Table
from shouwang.kit.keys import Sealer
from shouwang.kit.sheets.text import read_ndjson

LARGE_BYTES = 16 * 1024 * 1024
"""Records beyond this, which only a list in parts has, are read by the child like a file; fewer, here and at once."""


@contextmanager
def opened(engine: Engine, sealer: Sealer, files: FileReader, row: RowMapping, feed: Feed) -> Iterator[Table]:
    """The table of a sending; raises Refused when it cannot be read, SealBroken when its bytes are destroyed."""
    raw = pieces(engine, sealer, row["receipt"])
    if row["source"] == "records" and row["size"] <= LARGE_BYTES:
        yield _table_of_records(b"".join(raw).decode(), feed)
        return
    table = files.read(".ndjson" if row["source"] == "records" else row["source"], raw)
    with closing(table.rows):  # type: ignore[type-var]  # a generator: left early, the child's rest is let go
        yield table


def _table_of_records(text: str, feed: Feed) -> Table:
    """The records of a push; without any (零报告) it still says which columns it would have had."""
    empty: list[tuple[int, list[Cell]]] = [(0, [group[0] for group in feed.needed()])]
    rows = cast(
        "Iterator[tuple[int, list[Cell]]]", read_ndjson(StringIO(text, newline=""))
    )  # a cell as JSON has it is a cell
    return Table(rows=rows if text.strip() else iter(empty), source="records")
