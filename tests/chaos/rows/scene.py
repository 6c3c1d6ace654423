"""What the scenarios share: a small installation under a light flow, a disturbance, the judge at the end."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.chaos.judge import SETTLED_SECONDS, Verdict, judge
from tests.chaos.mixed import FIRST_WORD_SECONDS, Flow, flowing
from tests.chaos.town import ROOT, Town, town

FEW: Final = ("civil_affairs", "health", "education")
"""Roster, amounts, absences: enough for alerts of one and of two departments."""


@dataclass(frozen=True)
class Scale:
    """How long, how fast and how large a scenario is, and which source tree it tries."""

    rate: float = 300.0
    homes: int = 200
    seed: int = 1
    times: int = 3
    """How often the fault happens."""
    away: float = 30.0
    """Seconds something is away for that is away for long."""
    code: Path = ROOT
    patience: float = SETTLED_SECONDS
    keep: bool = False


@dataclass
class Notes:
    """What a disturbance leaves for the verdict."""

    waits: list[float | None] = field(default_factory=list)
    """Seconds until the first word after each fault."""
    wrong: list[str] = field(default_factory=list)
    promises: list[str] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)
    judging: dict[str, Any] = field(default_factory=dict)
    """More arguments of the judge."""


Disturbance = Callable[[Town, Flow, Notes], None]


def play(
    scale: Scale, disturb: Disturbance, *, departments: Sequence[str] = FEW, only: Sequence[int] = (),
    how: Mapping[str, Any] | None = None,
) -> Verdict:  # fmt: skip
    """Let words flow, disturb, judge; `only`: the answers bureaus may get, all if empty."""
    notes = Notes()
    with town(departments, **{"keep": scale.keep, "code": scale.code, **(how or {})}) as place:
        with flowing(place, rate=scale.rate, homes=scale.homes, seed=scale.seed) as flow:
            time.sleep(5)
            disturb(place, flow, notes)
            time.sleep(2)
        verdict = judge(place, flow.account, seconds=scale.patience, **notes.judging)
    verdict.wrong += notes.wrong
    verdict.promises += notes.promises
    verdict.figures |= notes.figures
    _first_word(verdict, notes)
    other = {status: times for status, times in flow.account.statuses.items() if only and status not in only}
    if other:
        verdict.say(f"answers other than {tuple(only)}: {other}")
    return verdict


def _first_word(verdict: Verdict, notes: Notes) -> None:
    if not notes.waits:
        return
    worst = max(90.0 if wait is None else wait for wait in notes.waits)
    verdict.figures["first word after (s, worst)"] = round(worst, 1)
    if worst > FIRST_WORD_SECONDS:
        verdict.promises.append(f"first word after {worst:.1f} s, promised are {FIRST_WORD_SECONDS:.0f}")
