"""How commands speak: documents to standard output, one JSON a line; prose and progress to standard error."""

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

LEVELS = {"red": "红", "orange": "橙", "yellow": "黄"}
COLOURS = {"red": "bold red", "orange": "dark_orange", "yellow": "yellow"}
STATES = {"working": "处理中", "done": "完成", "held": "待确认", "refused": "退回"}
COUNTS = {
    "received": "收到",
    "accepted": "采用",
    "unchanged": "无变化",
    "superseded": "已有更新",
    "duplicate": "重复",
    "rejected": "退回",
}


def document(said: Any) -> None:
    """One document, one line."""
    typer.echo(json.dumps(said, ensure_ascii=False))


def prose(sentence: str) -> None:
    """A sentence for the person at the desk."""
    typer.echo(sentence, err=True)


def console(*, err: bool = True) -> "Console":
    """Where tables and progress bars go."""
    from rich.console import Console

    return Console(stderr=err, highlight=False)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table on standard output; without colours when that is not a terminal."""
    from rich import box
    from rich.table import Table

    drawn = Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        drawn.add_row(*row)
    console(err=False).print(drawn)
