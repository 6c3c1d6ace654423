"""What the system said of the told households, evening after evening: the stories are made of nothing else."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from shouwang.cli.day import progress
from shouwang.cli.reach import Reach
from shouwang.demo.delivery import Delivered

Alert = Mapping[str, Any]
"""One line of `shouwang alerts --json`."""

SHORT = 30
"""A file of so few rows is an increment: it names somebody because something happened."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What changed for one household on one day: its alerts by rule before and after, and the files of that day."""

    day: date
    before: Mapping[str, Alert]
    after: Mapping[str, Alert]
    files: tuple[Delivered, ...]
    waiting: int
    """Facts of people whose household nobody knows yet, in the whole county."""


@dataclass(slots=True)
class Page:
    """One household's part of the diary."""

    ref: str
    turns: list[Turn] = field(default_factory=list)
    standing: Mapping[str, Alert] = field(default_factory=dict)


class Diary:
    """Asks for the standing alerts every evening and notes what is new about some households."""

    def __init__(self, county: Reach, code: str, refs: Iterable[str]) -> None:
        self._county, self._code = county, code
        self.pages = [Page(ref) for ref in refs]

    def note(self, day: date, delivered: list[Delivered]) -> None:
        """An evening: what stands, and which files concerned whom."""
        alerts = self.alerts()
        waiting = int(progress(self._county, self._code).get("waiting") or 0)
        for at, page in enumerate(self.pages):
            now = {alert["rule"]: alert for alert in alerts if alert["subject"] == page.ref}
            files = tuple(one for one in delivered if at in one.sending.about)
            if _differ(page.standing, now) or any(_telling(one, at) for one in files):
                page.turns.append(Turn(day, page.standing, now, files, waiting))
            page.standing = now

    def alerts(self) -> list[Alert]:
        """Everything that stands now."""
        return [json.loads(line) for line in self._county.lines(self._county.api("alerts"))]


def _differ(before: Mapping[str, Alert], after: Mapping[str, Alert]) -> bool:
    return {rule: alert["level"] for rule, alert in before.items()} != {r: a["level"] for r, a in after.items()}


def _telling(one: Delivered, at: int) -> bool:
    """A file that says something new of the household: a short one, or one with a slip about it."""
    return one.sending.rows <= SHORT or any(story == at for story, _ in one.sending.slips)
