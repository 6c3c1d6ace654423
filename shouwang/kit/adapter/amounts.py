"""How a cell of money or a count is read (docs/feeds.md); money is Decimal, never float."""

import re
from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from shouwang.kit.adapter.cells import NOT_STATED, compact, kind_of, stored, whole
from shouwang.kit.adapter.reasons import COUNT_HINT, Unreadable
from shouwang.kit.adapter.table import Cell

FEN: Final = Decimal("0.01")
LIMIT: Final = Decimal(10) ** 12
"""A trillion yuan is more than any county has; `contracts.vocabulary.Yuan` keeps 20 digits."""
NOISE: Final = -6
"""More decimals than this are a binary fraction's noise: 2278.29 may be kept as 2278.2900000000004."""

_AMOUNT = re.compile(r"[¥￥]?(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)元?", re.ASCII)
_PLAIN = re.compile(r"\d{1,7}(?:\.\d{1,6})?", re.ASCII)
"""Below ten million, so that no unit makes it too large."""
_SHORT: Final = 10**7
_COUNT = re.compile(r"(\d{1,3}(?:,\d{3})+|\d{1,9})(?:\.0+)?", re.ASCII)


def amount_of(cell: Cell, unit: int = 1) -> Decimal | None:
    """An amount in yuan; `unit` is 10,000 where the header says 万元. Negative or wordy ones are `amount_invalid`."""
    value = stored(cell)
    text = compact(value) if isinstance(value, str) else str(value)
    if value is None or text in NOT_STATED:
        return None
    found = None if isinstance(value, bool | date) else _AMOUNT.fullmatch(text)
    if found is None and isinstance(value, float):
        found = _AMOUNT.fullmatch(f"{value:f}")
    amount = Decimal(found[1].replace(",", "")) if found else LIMIT
    if amount.as_tuple().exponent < NOISE:  # type: ignore[operator]
        amount = amount.quantize(FEN, ROUND_HALF_UP)
    if amount * unit >= LIMIT:
        raise Unreadable("amount_invalid", kind_of(cell))
    return amount * unit


def reader(unit: int) -> Callable[[Cell], Decimal | None]:
    """`amount_of` for one column; what is plainly written needs no second look."""

    def read(cell: Cell) -> Decimal | None:
        if cell.__class__ is str and _PLAIN.fullmatch(cell):
            return Decimal(cell) * unit if unit > 1 else Decimal(cell)
        if cell.__class__ is float and 0 < cell < _SHORT:
            text = repr(cell)
            if _PLAIN.fullmatch(text):
                return Decimal(text) * unit if unit > 1 else Decimal(text)
        return amount_of(cell, unit)

    return read


def count_of(cell: Cell) -> int | None:
    """A whole number from 0, else `amount_invalid`."""
    value = stored(cell)
    if value is None:
        return None
    if not isinstance(value, str):
        number = whole(value)
    else:
        text = compact(value)
        if text in NOT_STATED:
            return None
        found = _COUNT.fullmatch(text)
        number = int(found[1].replace(",", "")) if found else None
    if number is None or number < 0:
        raise Unreadable("amount_invalid", kind_of(cell), COUNT_HINT)
    return number
