"""How values read on the screen: levels, departments, days, references; one small function each."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Final

from contracts.catalogue import SHORT_TITLES

LEVELS: Final = {"red": "红", "orange": "橙", "yellow": "黄"}
_WEEKDAYS: Final = "一二三四五六日"


def short(ref: str) -> str:
    """Six characters by which two people can speak of one household; the link carries the whole reference."""
    return ref[2:8].upper() if ref.startswith(("h1", "p1")) else ref


def day(value: date | datetime, today: date) -> str:
    """11-25 within the year of `today`, else 2025-11-25: an alert a year old must not look two days old."""
    return f"{value:%m-%d}" if value.year == today.year else f"{value:%Y-%m-%d}"


def full_day(value: date) -> str:
    """2026-11-25 周三."""
    return f"{value:%Y-%m-%d} 周{_WEEKDAYS[value.weekday()]}"


def department(name: str) -> str:
    """教体 of education."""
    return SHORT_TITLES.get(name, name)


def level(name: str) -> str:
    """红 of red."""
    return LEVELS.get(name, name)


FILTERS: Final[dict[str, Callable[..., str]]] = {
    "short": short,
    "day": day,
    "full_day": full_day,
    "department": department,
    "level": level,
}
"""What templates may call, by name."""
