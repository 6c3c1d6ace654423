"""A county's month-end, from files to alerts: every full list of 300,000 people through the real services.

`python -m bench.month_end [--people N] [--json FILE]`: the first month fills an empty county; the second is what is
measured, as it is what comes every month. Services run as processes of their own on Kafka and PostgreSQL, as in
compose; what their processors did stands beside the time on the clock.
"""

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx

from bench.county_files import Month, people, write
from tests.chaos.town import COUNTY, Town

MONTHS = (Month(date(2026, 5, 31)), Month(date(2026, 6, 30)))
LOOK_SECONDS = 0.2
GIVE_UP_SECONDS = 3600.0
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Figures:
    """What one month took."""

    month: str
    rows: int
    seconds: float
    """From the first byte pushed until every household concerned has been judged."""
    doors_seconds: float
    """Until the last receipt was settled and its words acknowledged by the broker."""
    words: int
    alerts: int
    cpu: dict[str, float] = field(default_factory=dict)
    """CPU seconds by process, its children included."""
    megabytes: dict[str, float] = field(default_factory=dict)
    """Resident memory at its highest, by process."""
    receipts: list[dict[str, Any]] = field(default_factory=list)


class DirectTown(Town):
    """A town whose services reach the database without a line between: it would cost processor time of the machine."""

    def _wire(self) -> None:
        super()._wire()
        direct: Any = SimpleNamespace(port=self.postgres.port)
        self.doors_postgres = self.worker_postgres = direct


def run(folder: Path, count: int) -> list[Figures]:
    """Both months."""
    everybody = people(count)
    town = DirectTown(folder / "town").up()
    try:
        return [_month(town, folder, everybody, month) for month in MONTHS]
    finally:
        town.supervisor.close()


def _month(town: Town, folder: Path, everybody: list[Any], month: Month) -> Figures:
    print(f"writing the lists of {month.name}", file=sys.stderr)
    files = write(folder / month.name, everybody, month)
    town.clock.turn(COUNTY.code, month.day)
    _wait(lambda: town.ledger().county(COUNTY.code).day in (None, month.day))
    before, words, began = _cpu(town), town.ledger().county(COUNTY.code).words, time.monotonic()
    print(f"pushing {sum(rows for _, rows in files.values()):,} rows", file=sys.stderr)
    receipts = _push(town, files, month)
    _wait(lambda: all(_idle(town, department) for department in {department for department, _ in files}))
    doors = time.monotonic() - began
    _wait(lambda: _judged(town))
    took = time.monotonic() - began
    after = _cpu(town)
    return Figures(
        month.name,
        sum(rows for _, rows in files.values()),
        round(took, 1),
        round(doors, 1),
        town.ledger().county(COUNTY.code).words - words,
        sum(1 for _ in town.lines_of("alerts")),
        {name: round(after[name] - before[name], 1) for name in after},
        {name: _highest(service.pid) for name, service in town.supervisor.services.items()},
        [_settled(town, *one) for one in receipts],
    )


def _push(town: Town, files: dict[tuple[str, str], tuple[Path, int]], month: Month) -> list[tuple[str, str]]:
    """Every department pushes its files, one after another, all departments at once."""
    taken: list[tuple[str, str]] = []

    def bureau(department: str) -> None:
        key = town.issue(department)
        with httpx.Client(timeout=600, trust_env=False, headers={"Authorization": f"Bearer {key}"}) as client:
            for (of, feed), (path, _) in files.items():
                if of == department:
                    with path.open("rb") as file:
                        url = f"{town.door(department)}/v1/feeds/{feed}/files"
                        answer = client.post(url, files={"file": (path.name, file)}, params={"as_of": str(month.day)})
                    taken.append((department, answer.raise_for_status().json()["receipt"]))

    threads = [threading.Thread(target=bureau, args=(name,)) for name in {department for department, _ in files}]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken


def _idle(town: Town, department: str) -> bool:
    said = town.progress(department)
    return not said["working"] and not said["outbox"]


def wait_until_judged(town: Town) -> None:
    """Until everything that was pushed has been translated, published, applied and judged."""
    _wait(lambda: all(_idle(town, department) for department in town.departments))
    _wait(lambda: _judged(town))


def _judged(town: Town) -> bool:
    heard = town.ledger().county(COUNTY.code).seqs
    given = {name: town.progress(name)["seqs"].get(COUNTY.code, 0) for name in town.departments}
    dirty = town.api("progress").json()["counties"][COUNTY.code]["dirty"]
    return dirty == 0 and all(heard.get(name, 0) == last for name, last in given.items())


def _settled(town: Town, department: str, receipt: str) -> dict[str, Any]:
    said: dict[str, Any] = town.http.get(f"{town.door(department)}/v1/receipts/{receipt}").raise_for_status().json()
    return {
        name: said[name] for name in ("department", "feed", "state", "received", "accepted", "unchanged", "rejected")
    }


def _wait(true: Any) -> None:
    until = time.monotonic() + GIVE_UP_SECONDS
    while not true():
        if time.monotonic() > until:
            raise TimeoutError("the month has not ended")
        time.sleep(LOOK_SECONDS)


def _cpu(town: Town) -> dict[str, float]:
    return {name: _cpu_of(service.pid) for name, service in town.supervisor.services.items()}


def _cpu_of(root: int) -> float:
    """CPU seconds of a process and everything below it that lives, its ended children included."""
    parents: dict[int, int] = {}
    spent: dict[int, float] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = stat.read_text().rpartition(") ")
        except OSError:
            continue
        pid, fields = int(name.split(" ", 1)[0]), rest.split()
        parents[pid], spent[pid] = int(fields[1]), sum(map(int, fields[11:15])) / TICKS
    below = {root}
    while more := {pid for pid, parent in parents.items() if parent in below} - below:
        below |= more
    return sum(spent.get(pid, 0.0) for pid in below)


def _highest(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return round(next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024, 0)


def table(figures: Sequence[Figures]) -> str:
    """For people."""
    lines = []
    for one in figures:
        lines.append(
            f"{one.month}: {one.rows:,} rows, {one.words:,} words, {one.alerts:,} alerts standing; "
            f"doors {one.doors_seconds:.0f} s, all judged {one.seconds:.0f} s"
        )
        lines += [
            f"  {name:18}{one.cpu[name]:>8.1f} CPU-s{one.megabytes[name]:>8,.0f} MB at its highest" for name in one.cpu
        ]
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> None:
    """Measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=300_000)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="month-end-") as folder:
        Path(folder).chmod(0o755)
        (Path(folder) / "town").mkdir()
        figures = run(Path(folder), asked.people)
    print(table(figures))
    text = json.dumps([asdict(one) for one in figures], ensure_ascii=False, indent=1)
    print(text)
    if asked.json:
        asked.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
