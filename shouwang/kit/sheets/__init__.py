"""Reading what people call a table: workbooks and text files, in a child process that may die of them."""

from datetime import date, datetime
from typing import Any

Plain = str | int | float | bool | date | datetime | None
"""A cell as the file has it; a number stays a number, so that a damaged ID can be seen."""

LIMIT_BYTES = 200 * 1024 * 1024
"""The largest file that is taken (docs/feeds.md, "HTTP, per department adapter")."""


class Refused(Exception):
    """A file that cannot be used as a whole: one of the codes of docs/feeds.md, and what to do about it in Chinese."""

    def __init__(self, code: str, hint: str) -> None:
        super().__init__(f"{code}: {hint}")
        self.code, self.hint = code, hint


def to_json(cell: Plain) -> Any:
    """A cell as JSON carries it between the child and its parent; empty text is no cell."""
    if isinstance(cell, datetime):
        return {"t": cell.isoformat()}
    if isinstance(cell, date):
        return {"d": cell.isoformat()}
    return None if cell == "" else cell


def from_json(cell: Any) -> Plain:
    """The inverse of `to_json`."""
    if isinstance(cell, dict):
        return datetime.fromisoformat(cell["t"]) if "t" in cell else date.fromisoformat(cell["d"])
    plain: Plain = cell
    return plain
