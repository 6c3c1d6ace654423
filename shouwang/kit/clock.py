"""The time and the county's day: the only room that asks what time it is."""

import json
import os
import tempfile
from datetime import date, datetime
from pathlib import Path
from typing import Final, Protocol
from zoneinfo import ZoneInfo

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    """Who is asked for the moment and for a county's current day."""

    def now(self) -> datetime:
        """This moment, aware, in Asia/Shanghai."""
        ...

    def today(self, county: str) -> date:
        """The day the county is at."""
        ...


class SystemClock:
    """The machine's clock; every county is at today in Asia/Shanghai."""

    def now(self) -> datetime:
        """This moment, aware, in Asia/Shanghai."""
        return datetime.now(SHANGHAI)

    def today(self, county: str) -> date:  # noqa: ARG002 (all counties share the real day)
        """The real day in Asia/Shanghai."""
        return self.now().date()


class TrialClock(SystemClock):
    """The real moment, but a county's day is what `shouwang day` last said, in a small file all processes read.

    The file is `{"532927": "2026-06-15"}`; a county it does not name is at the real day.
    """

    def __init__(self, day_file: Path) -> None:
        self._file = day_file
        self._seen: tuple[int, int] = (0, 0)
        self._days: dict[str, date] = {}

    def today(self, county: str) -> date:
        """The day last turned to, else the real day."""
        return self._read().get(county) or super().today(county)

    def turn(self, county: str, day: date) -> None:
        """Set the county's day for every process; the file is replaced as a whole."""
        days = {**self._read(), county: day}
        text = json.dumps({code: said.isoformat() for code, said in sorted(days.items())})
        self._file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._file.parent, prefix=".day-")
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
        Path(name).replace(self._file)

    def _read(self) -> dict[str, date]:
        try:
            stat = self._file.stat()
        except FileNotFoundError:
            return {}
        # A replaced file has another inode even when the clock has not ticked between two turns.
        seen = (stat.st_mtime_ns, stat.st_ino)
        if seen != self._seen:
            days = json.loads(self._file.read_text(encoding="utf-8"))
            self._days = {county: date.fromisoformat(day) for county, day in days.items()}
            self._seen = seen
        return self._days


class FixedClock:
    """A clock that stands where it is put; for tests and replays."""

    def __init__(self, now: datetime, days: dict[str, date] | None = None) -> None:
        self.moment = now
        self.days = dict(days or {})

    def now(self) -> datetime:
        """The moment it was set to."""
        return self.moment

    def today(self, county: str) -> date:
        """The county's day it was set to, else the day of its moment."""
        return self.days.get(county) or self.moment.astimezone(SHANGHAI).date()

    def set(self, now: datetime) -> None:
        """Move to another moment."""
        self.moment = now

    def turn(self, county: str, day: date) -> None:
        """Move one county to another day."""
        self.days[county] = day
