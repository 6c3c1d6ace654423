"""When words were committed: looks at the ledger again and again, so that the first word after a fault has a time."""

import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import httpx
from sqlalchemy.exc import SQLAlchemyError

from tests.chaos.town import COUNTY, Town

LOOK_SECONDS = 0.15


@dataclass(frozen=True, slots=True)
class Beat:
    """How far alerts was at a moment."""

    at: float
    words: int
    seqs: Mapping[str, int]


class Pulse:
    """A thread that keeps what it saw; `first_word` waits for what comes."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self.beats: list[Beat] = [Beat(time.monotonic(), 0, {})]
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, name="pulse", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._end.set()
        self._thread.join()

    def first_word(self, since: float, department: str = "", *, patience: float = 90.0) -> float | None:
        """Seconds from `since` to the next committed word (of a department, or any); None if none came in time."""
        until = time.monotonic() + patience
        given = self._given()
        names = (department,) if department else self._town.departments
        begin = len(self.beats) - 1
        while time.monotonic() < until:
            for beat in self.beats[begin:]:
                if beat.at > since and any(beat.seqs.get(name, 0) > given[name] for name in names):
                    return beat.at - since
            time.sleep(0.05)
        return None

    def _given(self) -> dict[str, int]:
        """By department the last number given to a word, so that what is awaited was said after the fault."""
        given = dict(self.beats[-1].seqs)
        for department in self._town.departments:
            given.setdefault(department, 0)
            with suppress(httpx.HTTPError):
                numbers = self._town.progress(department)["seqs"].values()
                given[department] = max(given[department], *numbers) if numbers else given[department]
        return given

    def rate(self, begin: float, end: float) -> float:
        """Words committed a second between two moments."""
        some = [beat for beat in self.beats if begin <= beat.at <= end]
        return (some[-1].words - some[0].words) / max(some[-1].at - some[0].at, 0.001) if len(some) > 1 else 0.0

    def _look(self) -> None:
        while not self._end.wait(LOOK_SECONDS):
            try:
                county = self._town.ledger().county(COUNTY.code)
            except SQLAlchemyError:
                continue
            self.beats.append(Beat(time.monotonic(), county.words, dict(county.seqs)))
