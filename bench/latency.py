"""From event to visible alert: a steady stream of job losses pushed to a real door, and when its alerts can be read.

`python -m bench.latency [--rate WORDS] [--seconds N] [--json FILE]`: the time of a push is taken before it is sent,
that of its alert when a query of the alerts database first gives it.
"""

import argparse
import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text

from bench.county_files import Month, Person, house, people, write_one
from bench.month_end import DirectTown, wait_until_judged
from tests.chaos.town import COUNTY, Town

PER_PUSH = 50
POLL_SECONDS = 0.02
DAY = date(2026, 6, 15)
GRACE_SECONDS = 60.0


@dataclass
class Figures:
    """Seconds from push to visible alert."""

    words_a_second: float
    pushes: int
    p50: float
    p95: float
    p99: float
    highest: float
    missing: int
    """Pushes whose alert was not seen a minute after the last one."""


class Watch:
    """Sees alerts appear, in a thread of its own."""

    def __init__(self, town: Town) -> None:
        self._town, self._end = town, threading.Event()
        self.waiting: dict[str, float] = {}
        """When the push that must raise an alert for a household was sent."""
        self.took: list[float] = []
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Look no longer."""
        self._end.set()
        self._thread.join()

    def _look(self) -> None:
        asked = text("SELECT subject FROM alerts WHERE rule = 'livelihood' AND standing AND subject = ANY(:refs)")
        with self._town.engine.connect() as connection:
            while not self._end.wait(POLL_SECONDS):
                refs = list(self.waiting)
                for (ref,) in connection.execute(asked, {"refs": refs}).all() if refs else ():
                    self.took.append(time.monotonic() - self.waiting.pop(ref))
                connection.rollback()


def run(folder: Path, rate: int, seconds: int) -> Figures:
    """A county of enough grown-ups, then the stream."""
    grown = [one for one in people(rate * seconds * 4) if date(1968, 1, 1) < one.born < date(2007, 1, 1)]
    town = DirectTown(folder / "town").up()
    try:
        town.clock.turn(COUNTY.code, DAY)
        _roster(town, folder, grown)
        return _stream(town, _one_of_each_house(grown), rate, seconds)
    finally:
        town.supervisor.close()


def _one_of_each_house(grown: Sequence[Person]) -> list[Person]:
    """So that each loss is the first of its household and raises an alert."""
    return list({one.home: one for one in grown}.values())


def _roster(town: Town, folder: Path, grown: list[Person]) -> None:
    path, _ = write_one(folder, "household_member", grown, Month(DAY))
    headers = {"Authorization": f"Bearer {town.issue('civil_affairs')}"}
    with path.open("rb") as file, httpx.Client(timeout=600, trust_env=False, headers=headers) as client:
        url = f"{town.door('civil_affairs')}/v1/feeds/household_member/files"
        client.post(url, files={"file": (path.name, file)}, params={"as_of": str(DAY)}).raise_for_status()
    wait_until_judged(town)


def _stream(town: Town, losing: Sequence[Person], rate: int, seconds: int) -> Figures:
    identity, watch = town.ring.identity(COUNTY.code), Watch(town)
    url = f"{town.door('human_resources')}/v1/feeds/unemployment/records"
    headers = {"Authorization": f"Bearer {town.issue('human_resources')}"}
    pushes = min(len(losing) // PER_PUSH, rate * seconds // PER_PUSH)
    began = time.monotonic()
    with httpx.Client(timeout=60, trust_env=False, headers=headers) as client:
        for number in range(pushes):
            time.sleep(max(0.0, began + number * PER_PUSH / rate - time.monotonic()))
            some = losing[number * PER_PUSH : (number + 1) * PER_PUSH]
            watch.waiting[identity.household(house(some[-1].home))] = time.monotonic()
            client.post(url, json={"records": [_lost(one) for one in some]}).raise_for_status()
    sent = pushes * PER_PUSH / (time.monotonic() - began)
    until = time.monotonic() + GRACE_SECONDS
    while watch.waiting and time.monotonic() < until:
        time.sleep(POLL_SECONDS)
    watch.close()
    cut = [round(one, 3) for one in statistics.quantiles(watch.took, n=100)]
    return Figures(round(sent), pushes, cut[49], cut[94], cut[98], round(max(watch.took), 3), len(watch.waiting))


def _lost(person: Person) -> dict[str, Any]:
    return {"姓名": person.name, "身份证号": person.number, "失业日期": "2026-06-01", "状态": "失业"}


def main(arguments: Sequence[str]) -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=500, help="words a second")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="latency-") as folder:
        Path(folder).chmod(0o755)
        (Path(folder) / "town").mkdir()
        figures = run(Path(folder), asked.rate, asked.seconds)
    said = json.dumps(asdict(figures), ensure_ascii=False)
    print(said)
    if asked.json:
        asked.json.write_text(said + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
