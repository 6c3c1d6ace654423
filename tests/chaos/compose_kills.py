"""`make chaos`: kill -9 at random points of a compose run while files flow; then look for anything lost or doubled.

The same year of a pretend county goes through the containers, whose worker, adapters, broker and PostgreSQL are killed
at seeded points, and through an embedded installation that nobody disturbs, under the same county key. Receipts, words
and standing alerts of both must be equal, and equal to the plain recomputation. Nobody does anything by hand meanwhile.
"""

import argparse
import json
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from contracts.catalogue import DEPARTMENTS
from shouwang.cli.day import turn
from shouwang.cli.reach import Place, Reach, reaching
from shouwang.demo.calendar import Plan, pretend
from shouwang.demo.delivery import Delivered, Delivery
from shouwang.demo.play import bureaus
from shouwang.demo.sendings import Sending
from shouwang.standalone.installation import Installation
from shouwang.standalone.serve import Standalone
from tests.compose.system import Compose
from tests.oracle import differences, standing_alerts

COUNTY = "532927"
TARGETS = ("alerts-worker", "kafka", "postgres", *DEPARTMENTS)
COUNTS = ("received", "accepted", "unchanged", "superseded", "duplicate", "rejected", "withdrawn", "doubtful")
LATEST_SECONDS = 2.0
"""A kill comes between nothing and so long after a file was begun: before, while and after it is worked on."""


@dataclass
class Killer:
    """Kills a service at given sendings, a random while after the sending began."""

    compose: Compose
    points: Mapping[int, tuple[str, float]]
    """Number of the sending → whom, and after how many seconds."""
    done: list[str] = field(default_factory=list)

    def at(self, number: int) -> threading.Thread | None:
        """Begin the kill that belongs to a sending, if one does."""
        if number not in self.points:
            return None
        thread = threading.Thread(target=self._kill, args=self.points[number])
        thread.start()
        return thread

    def _kill(self, service: str, seconds: float) -> None:
        time.sleep(seconds)
        # A service that has not come back from its last kill yet is killed as soon as it has.
        until = time.monotonic() + 60
        while not self.compose.kill(service) and time.monotonic() < until:
            time.sleep(0.2)
        self.done.append(service)


def points_of(rng: Random, sendings: int, kills: int) -> dict[int, tuple[str, float]]:
    """Where to kill whom: every target in turn, so that each is killed as often as the others."""
    order = [TARGETS[at % len(TARGETS)] for at in range(kills)]
    rng.shuffle(order)
    chosen = sorted(rng.sample(range(sendings), kills))
    return {number: (who, rng.uniform(0.0, LATEST_SECONDS)) for number, who in zip(chosen, order, strict=True)}


class Disturbed(Delivery):
    """Delivers file after file while the killer is at work."""

    def __init__(self, county: Reach, ways: Mapping[str, Reach], killer: Killer) -> None:
        super().__init__(county, ways, COUNTY)
        self._killer, self._number = killer, 0

    def deliver(self, sending: Sending) -> Delivered:
        """One file, perhaps with a kill in the middle of it."""
        thread = self._killer.at(self._number)
        self._number += 1
        delivered = super().deliver(sending)
        if thread is not None:
            thread.join()
        return delivered


@dataclass(frozen=True)
class Outcome:
    """What a run ended with, as far as two runs must agree."""

    receipts: list[dict[str, Any]]
    words: list[dict[str, Any]]
    alerts: list[dict[str, Any]]
    letters: int

    def said(self) -> Counter[tuple[str, ...]]:
        """Every word, without what differs between two runs: when it arrived and the name of its sending."""
        return Counter(_timeless(word) for word in self.words)


def _timeless(word: Mapping[str, Any]) -> tuple[str, ...]:
    names = ("type", "subject", "key", "op", "as_of", "id")
    if word["type"].endswith(".sending.v1"):  # its key and id are those of the sending; what it says must be the same
        return (word["type"], word["as_of"], json.dumps(word["data"], ensure_ascii=False, sort_keys=True))
    return tuple(str(word[name]) for name in names)


def collect(reach: Reach, delivered: Sequence[Delivered]) -> Outcome:
    """Read the outcome of a run that has come to rest."""
    receipts = [
        {"state": one.receipt["state"]} | {count: one.receipt.get(count) or 0 for count in COUNTS} for one in delivered
    ]
    return Outcome(
        receipts=receipts,
        words=[json.loads(line) for line in reach.lines(reach.api("words"))],
        alerts=[json.loads(line) for line in reach.lines(reach.api("alerts"), suppressed="true")],
        letters=len(reach.get(reach.api("letters"))["letters"]),
    )


def flow(delivery: Delivery, plan: Plan) -> list[Delivered]:
    """The whole year, file after file."""
    delivered: list[Delivered] = []
    for _, files in delivery.days(plan.sendings, lambda *_: None):
        delivered += files
    delivery.turn(plan.end)
    return delivered


@contextmanager
def embedded(key: str) -> Iterator[Reach]:
    """An embedded installation with this county key, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="shouwang-chaos-") as folder:
        keys = Path(folder) / "keys"
        keys.mkdir(mode=0o700)
        file = keys / f"county-{COUNTY}.key"
        file.touch(mode=0o600)
        file.write_text(key, encoding="ascii")
        with (
            Standalone(Installation(Path(folder), county=COUNTY), port=0, quiet=True),
            reaching(Place.of(Path(folder))) as reach,
        ):
            yield reach


def undisturbed(plan: Plan, key: str) -> Outcome:
    """The same year where nobody kills anything."""
    with embedded(key) as reach:
        return collect(reach, flow(Delivery(reach, bureaus(reach, COUNTY), COUNTY), plan))


def without_history(alerts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Standing alerts as text, in an order of their own, without when they were noticed."""
    return sorted(
        json.dumps(
            {name: value for name, value in alert.items() if name != "raised_on"}, ensure_ascii=False, sort_keys=True
        )
        for alert in alerts
    )


def faults(plan: Plan, killed: Outcome, calm: Outcome) -> Iterator[str]:
    """Every way in which the killed run differs from the calm one or from the recomputation, one sentence each."""
    for sending, got, want in zip(plan.sendings, killed.receipts, calm.receipts, strict=True):
        settled = sum(got[count] for count in COUNTS[1:6])
        if got["state"] == "done" and settled != got["received"]:
            yield f"R1: {sending.name}: {settled} of {got['received']} rows are accounted for"
        if got != want:
            yield f"receipt of {sending.feed} {sending.name} ({sending.day}): {got}, undisturbed: {want}"
    lost, more = calm.said() - killed.said(), killed.said() - calm.said()
    yield from (f"lost: {word} × {times}" for word, times in lost.items())
    yield from (f"too many: {word} × {times}" for word, times in more.items())
    if without_history(killed.alerts) != without_history(calm.alerts):
        odd = set(without_history(killed.alerts)) ^ set(without_history(calm.alerts))
        yield from (f"alert in one run only: {alert}" for alert in sorted(odd))
    yield from differences(standing_alerts(killed.words, plan.end), killed.alerts)
    if killed.letters:
        yield f"{killed.letters} letters, but nothing was poisoned"


def disturbed(compose: Compose, plan: Plan, rng: Random, kills: int) -> tuple[Outcome, str, Killer]:
    """The year through the containers under fire; also the county's key, and what was killed."""
    killer = Killer(compose, points_of(rng, len(plan.sendings), kills))
    with compose.reach() as reach:
        delivered = flow(Disturbed(reach, bureaus(reach, COUNTY), killer), plan)
        turn(reach, plan.end, county=COUNTY)
        return collect(reach, delivered), compose.secret_file(f"keys/county-{COUNTY}.key"), killer


def report(found: Sequence[str], killer: Killer, outcome: Outcome, seconds: float) -> None:
    """Say what was done and what came of it."""
    print(f"killed {len(killer.done)}: " + ", ".join(f"{who} × {n}" for who, n in sorted(Counter(killer.done).items())))
    print(f"{len(outcome.receipts)} files, {len(outcome.words)} words, {len(outcome.alerts)} alerts in {seconds:.0f} s")
    for sentence in found[:40]:
        print(f"  {sentence}")
    print("chaos: nothing lost, nothing double, all agree" if not found else f"chaos: {len(found)} faults")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; 0 when nothing was lost or doubled."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.compose_kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--households", type=int, default=120)
    parser.add_argument("--keep", action="store_true", help="leave the containers up afterwards")
    chosen = parser.parse_args(arguments)
    plan, compose = pretend(chosen.seed, chosen.households, COUNTY), Compose("shouwang-chaos")
    compose.down()
    compose.build()
    try:
        print(f"healthy in {compose.up():.0f} s; seed {chosen.seed}, {len(plan.sendings)} files")
        began = time.monotonic()
        outcome, key, killer = disturbed(compose, plan, Random(chosen.seed), chosen.kills)
        took = time.monotonic() - began
    except Exception:
        print(compose.states(), compose.logs(lines=30), sep="\n")
        raise
    finally:
        if not chosen.keep:
            compose.down()
    found = list(faults(plan, outcome, undisturbed(plan, key)))
    report(found, killer, outcome, took)
    return int(bool(found) or len(killer.done) < chosen.kills)


if __name__ == "__main__":
    sys.exit(main())
