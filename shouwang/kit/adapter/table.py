"""What a file or a request is once it has been opened: rows of cells with their line numbers, and how it was sent."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from contracts.vocabulary import Shape
from shouwang.kit.identity import Identity

Plain = str | int | float | bool | Decimal | date | datetime | None


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell that computes; it counts by its stored value, except as an ID (docs/feeds.md)."""

    value: Plain


Cell = Plain | Formula
"""A cell as the file has it: a number stays a number, so that a damaged ID can be seen."""


@dataclass(slots=True)
class Table:
    """The one sheet that is read; the header row is still among `rows`.

    Line numbers are those people see: the row of the sheet, the first physical line of the record in a text file, for
    records the 1-based record (their column names come first, as line 0).
    """

    rows: Iterable[tuple[int, list[Cell]]]
    source: Literal["xlsx", "xls", "csv", "records"] = "records"
    sheet: str = ""
    hidden_rows: frozenset[int] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is known of a sending beside its rows."""

    county: str
    day: date
    """The county's day when it was received."""
    received_at: datetime
    """Aware, Asia/Shanghai: `stated_at` of rows without a 报送时间."""
    identity: Identity
    shape: Shape | None = None
    """As the sender said; None: the feed's own decides (docs/feeds.md, "List or increment")."""
    as_of: date | None = None
    """As the sender said; None: the county's day."""
    area: str = ""
    """`scope`: a township's or village's code that a list is whole for."""
    confirmed: frozenset[str] = frozenset()
    """`identity.digest(number)` of the numbers ending in 000 that an officer has confirmed."""
