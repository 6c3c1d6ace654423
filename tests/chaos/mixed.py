"""The mixed run: words flow at an even rate while one fault after another happens; then the judge looks."""

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.chaos.account import Account, Bureau
from tests.chaos.county import PretendCounty
from tests.chaos.faults import Fault
from tests.chaos.judge import Verdict, judge
from tests.chaos.pulse import Pulse
from tests.chaos.town import COUNTY, Town

FIRST_WORD_SECONDS = 20.0
"""The promise: the first word is applied so soon after what was down is up again (docs/trust.md T1)."""
WARM_UP_SECONDS = 10.0


@dataclass
class Flow:
    """Bureaus at work, and what they were acknowledged."""

    town: Town
    bureaus: list[Bureau]
    account: Account
    pulse: Pulse
    began: float = field(default_factory=time.monotonic)

    def bureau(self, department: str) -> Bureau:
        """One of them."""
        return next(bureau for bureau in self.bureaus if bureau.department == department)


@contextmanager
def flowing(
    town: Town, *, rate: float, homes: int, seed: int, rows_a_push: int = 200, through_lines: bool = True
) -> Iterator[Flow]:
    """Every department sends, together `rate` records a second, for as long as the block lasts."""
    county = PretendCounty(COUNTY.code, seed, homes, town.ring.identity(COUNTY.code))
    account, pulse = Account(), Pulse(town)
    each = rate / len(town.departments)
    bureaus = [
        Bureau(
            town, account, county, department, rows_a_second=each, rows_a_push=rows_a_push,
            line=town.door_lines[department] if through_lines else None,
        )
        for department in town.departments
    ]  # fmt: skip
    flow = Flow(town, bureaus, account, pulse)
    for bureau in bureaus:
        bureau.start()
    try:
        yield flow
    finally:
        for bureau in bureaus:
            bureau.stop()
        pulse.stop()


@dataclass
class Mixed:
    """What came of a mixed run."""

    faults: list[str]
    waits: list[tuple[str, float | None]]
    """By fault the seconds until the first word after it."""
    verdict: Verdict
    rate: float = 0.0
    seconds: float = 0.0


def schedule(faults: Sequence[Fault], count: int, seed: int) -> list[Fault]:
    """So many faults: each kind in turn, shuffled."""
    chosen = [faults[at % len(faults)] for at in range(count)]
    random.Random(seed).shuffle(chosen)
    return chosen


def run(
    town: Town, faults: Sequence[Fault], *, seconds: float, rate: float, homes: int, seed: int, records: int = 0
) -> Mixed:
    """Let words flow for so long (and so many records) with these faults spread over it; judge."""
    dice = random.Random(seed)
    waits: list[tuple[str, float | None]] = []
    with flowing(town, rate=rate, homes=homes, seed=seed) as flow:
        time.sleep(WARM_UP_SECONDS)
        room = max(seconds - WARM_UP_SECONDS, 1) / max(len(faults), 1)
        for number, fault in enumerate(faults):
            begin = time.monotonic()
            fault.happen(town, dice)
            over = time.monotonic()
            waited = flow.pulse.first_word(over, fault.whose)
            waits.append((fault.name, waited))
            print(
                f"  {number + 1:2} {fault.row:4}{fault.name}: {over - begin:.1f} s, first word after {_said(waited)}",
                flush=True,
            )
            time.sleep(max(0.0, room - (time.monotonic() - begin)))
        while time.monotonic() - flow.began < seconds or flow.account.rows < records:
            time.sleep(0.2)
        took = time.monotonic() - flow.began
    verdict = judge(town, flow.account)
    for name, waited in waits:
        if waited is None or waited > FIRST_WORD_SECONDS:
            verdict.promises.append(f"first word {_said(waited)} after: {name}")
    statuses = ", ".join(
        f"{status or 'no answer'} × {times}" for status, times in sorted(flow.account.statuses.items())
    )
    print(f"  answers: {statuses}")
    return Mixed([fault.name for fault in faults], waits, verdict, flow.account.rows / took, took)


def _said(waited: float | None) -> str:
    return "90 s: none" if waited is None else f"{waited:.1f} s"
