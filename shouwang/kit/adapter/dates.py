"""How a cell of time is read (docs/feeds.md): dates, months, years, school years, moments."""

import re
from datetime import date, datetime, time, tzinfo
from typing import Final

from shouwang.kit.adapter.cells import NOT_STATED, compact, kind_of, stored, whole
from shouwang.kit.adapter.reasons import Unreadable
from shouwang.kit.adapter.table import Cell

YEARS: Final = range(1900, 2101)
"""A year outside is a slip of the hand or a serial number."""

_DATE = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|年(\d{1,2})月(\d{1,2})日|(\d\d)(\d\d))", re.ASCII
)
_MONTH = re.compile(r"(\d{4})(?:-(\d{1,2})|年(\d{1,2})月|(\d\d))", re.ASCII)
_YEAR = re.compile(r"(\d{4})年?", re.ASCII)
_SCHOOL_YEAR = re.compile(r"(\d{4})[-‐‑‒–—―−~](\d{4})(?:学年)?", re.ASCII)
_CLOCK = re.compile(r"(.+?)(?:T|\s+)(\d{1,2}):(\d\d)(?::(\d\d))?(?:\.\d+)?", re.ASCII)


def date_of(cell: Cell) -> date | None:
    """A day: 2026-04-05, 2026/4/5, 20260405 (text), 2026年4月5日 or a real date cell; else `date_invalid`."""
    value = stored(cell)
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date) and value.year in YEARS:
        return value
    if value is None:
        return None
    if isinstance(value, str):
        text = compact(value)
        if text in NOT_STATED:
            return None
        found = _DATE.fullmatch(text)
        if found:
            return _day(*(int(part) for part in found.groups() if part), cell=cell)
    raise Unreadable("date_invalid", kind_of(cell))


def _day(year: int, month: int, day: int, *, cell: Cell) -> date:
    try:
        if year in YEARS:
            return date(year, month, day)
    except ValueError:
        pass
    raise Unreadable("date_invalid", kind_of(cell))


def month_of(cell: Cell) -> str | None:
    """`2026-04`: 2026-04, 202604 (text), 2026年4月 or a real date cell; else `month_invalid`."""
    value = stored(cell)
    if value is None:
        return None
    if isinstance(value, date) and value.year in YEARS:
        return f"{value:%Y-%m}"
    if isinstance(value, str):
        text = compact(value)
        if text in NOT_STATED:
            return None
        found = _MONTH.fullmatch(text)
        year, month = (int(part) for part in found.groups() if part) if found else (0, 0)
        if year in YEARS and 1 <= month <= 12:
            return f"{year}-{month:02}"
    raise Unreadable("month_invalid", kind_of(cell))


def year_of(cell: Cell) -> str | None:
    """`2026`: 2026 (also as a number) or 2026年; else `year_invalid`."""
    value = stored(cell)
    if value is None:
        return None
    text = compact(value) if isinstance(value, str) else str(whole(value))
    if text in NOT_STATED:
        return None
    found = _YEAR.fullmatch(text)
    if found and int(found[1]) in YEARS:
        return found[1]
    raise Unreadable("year_invalid", kind_of(cell))


def school_year_of(cell: Cell) -> str | None:
    """`2025-2026`: with any dash and an optional 学年; else `year_invalid`."""
    value = stored(cell)
    if value is None:
        return None
    text = compact(value) if isinstance(value, str) else ""
    if isinstance(value, str) and text in NOT_STATED:
        return None
    found = _SCHOOL_YEAR.fullmatch(text)
    if found and int(found[1]) in YEARS and int(found[2]) == int(found[1]) + 1:
        return f"{found[1]}-{found[2]}"
    raise Unreadable("year_invalid", kind_of(cell))


def moment_of(cell: Cell, zone: tzinfo) -> datetime | None:
    """报送时间: a date (its midnight) or a date and time, in `zone`; else `date_invalid`."""
    value = stored(cell)
    if isinstance(value, datetime):
        return value.replace(tzinfo=zone) if value.tzinfo is None else value.astimezone(zone)
    clock = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
    day = date_of(clock[1] if clock else cell)
    if day is None:
        return None
    try:
        hour, minute, second = (int(part or 0) for part in clock.groups()[1:]) if clock else (0, 0, 0)
        return datetime.combine(day, time(hour, minute, second), zone)
    except ValueError:
        raise Unreadable("date_invalid", kind_of(cell)) from None


def school_year(day: date) -> str:
    """`2025-2026`: the school year of a day, 1 September to 31 August."""
    first = day.year if day.month >= 9 else day.year - 1
    return f"{first}-{first + 1}"
