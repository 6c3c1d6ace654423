"""Words per CPU-second: words kept, the live rulebook, a county of 80,000 households and its day turns, on both stores.

`python -m bench.words [--households N] [--months N] [--store sqlite|postgres|both] [--profile] [--json FILE]`
CPU seconds are what compares: wall time on a shared machine repeats to ±40 % only (docs/kafka.md).
"""

import argparse
import cProfile
import gc
import json
import logging
import os
import pstats
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import make_url

from bench.pretend import make_county, year
from services.alerts.policy import load_rulebook
from services.alerts.store import MIGRATIONS, Store
from services.alerts.worker.memory import collect_seldom
from services.alerts.worker.stages import Stages
from services.alerts.worker.tally import Processed
from shouwang.kit.bus import Batch, Record
from shouwang.kit.clock import SHANGHAI, FixedClock
from shouwang.kit.counties import County
from shouwang.kit.database import open_database, upgrade
from tests import postgres
from tests.stores import OpenSeals

COUNTY = County("532927", 1, "巍山彝族回族自治县")
BEGIN = date(2025, 7, 1)
AT_ONCE = 4000
"""Records per batch: what the batch transport fetches (docs/kafka.md 3)."""
RULEBOOK = Path(__file__).parents[1] / "services" / "alerts" / "rulebook"


@dataclass
class Phase:
    """What one part of the run did and cost."""

    name: str
    words: int = 0
    judged: int = 0
    alerts: int = 0
    cpu: float = 0.0
    wall: float = 0.0
    us_per_word: dict[str, float] = field(default_factory=dict)

    @property
    def words_per_cpu_second(self) -> float:
        return self.words / self.cpu if self.cpu else 0.0


@dataclass
class Result:
    """One store's run."""

    store: str
    phases: list[Phase]
    server_cpu: float
    """CPU seconds of the database server, where it is a process of its own that we started."""
    megabytes: float
    """Resident memory at the end."""
    load: float
    """Load average of the machine at the start: above 1, other work shares our two cores and inflates CPU seconds."""


def batches(households: int, months: int) -> tuple[list[Batch], list[Batch]]:
    """(the first load, the months) as the log would hand them out."""
    ends: dict[str, int] = {}
    first: list[Batch] = []
    later: list[Batch] = []
    for _day, topic, words in year(make_county(households), months):
        into = first if len(first) == 0 or _day == BEGIN else later
        for start in range(0, len(words), AT_ONCE):
            at = ends.get(topic, 0)
            records = [
                Record(topic, 1, at + n, b"532927", value) for n, value in enumerate(words[start : start + AT_ONCE])
            ]
            ends[topic] = at + len(records)
            into.append(Batch(topic, 1, at, ends[topic], records, "bench"))
    return first, later


@contextmanager
def measured(name: str, total: Processed, phases: list[Phase]) -> Iterator[None]:
    """Measure a block whose work is counted in `total`."""
    cpu, wall = time.process_time(), time.perf_counter()
    yield
    phase = Phase(name, total.words, total.judged, total.alerts, time.process_time() - cpu, time.perf_counter() - wall)
    phase.us_per_word = {stage: round(ms * 1000 / max(1, total.words), 2) for stage, ms in total.ms.items()}
    phases.append(phase)


def run(kind: str, url: str, first: list[Batch], later: list[Batch]) -> Result:
    """One store from empty to the last day turn."""
    load = os.getloadavg()[0]
    engine = open_database(url)
    upgrade(engine, MIGRATIONS)
    policy = load_rulebook(RULEBOOK)
    clock = FixedClock(datetime(2025, 7, 1, 9, tzinfo=SHANGHAI), {COUNTY.code: BEGIN})
    stages = Stages(Store(engine), policy, {COUNTY.code: COUNTY}, OpenSeals(), clock)
    collect_seldom()
    phases: list[Phase] = []
    server = server_cpu(url)
    for name, some in (("first load", first), ("months", later)):
        total = Processed()
        with measured(name, total, phases):
            for batch in some:
                total.add(stages.process(batch))
    total, day = Processed(), date(2026, 6, 1)
    stages.turn_day(COUNTY.code, day)
    with measured("30 day turns", total, phases):
        for ahead in range(1, 31):
            total.add(stages.turn_day(COUNTY.code, day + timedelta(days=ahead)))
    total = Processed()
    with measured("judge everybody", total, phases):
        other = Stages(Store(engine), replace(policy, version="another"), {COUNTY.code: COUNTY}, OpenSeals(), clock)
        total.add(other.turn_day(COUNTY.code, day + timedelta(days=31)))
    spent = server_cpu(url) - server
    engine.dispose()
    return Result(kind, phases, spent, resident(), load)


def server_cpu(url: str) -> float:
    """CPU seconds so far of a PostgreSQL server we started, its ended children included; 0 for anything else."""
    host = make_url(url).query.get("host")
    file = Path(str(host)) / "data" / "postmaster.pid"
    if not host or not file.exists():
        return 0.0
    postmaster = int(file.read_text().splitlines()[0])
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = stat.read_text().rpartition(") ")
        except OSError:
            continue
        fields = rest.split()
        mine = int(name.split(" ", 1)[0]) == postmaster
        if mine or int(fields[1]) == postmaster:
            ticks += sum(map(int, fields[11:15] if mine else fields[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def resident() -> float:
    """Megabytes of this process in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def table(results: list[Result]) -> str:
    """The results for people."""
    columns = ("store", "part", "words", "judged", "alerts", "CPU s", "wall s", "words/CPU-s")
    lines = ["{:10}{:18}{:>10}{:>9}{:>8}{:>8}{:>8}{:>13}".format(*columns) + "  µs a word"]
    for result in results:
        for phase in result.phases:
            stages = "  ".join(f"{name} {us}" for name, us in phase.us_per_word.items()) if phase.words else ""
            rate = f"{phase.words_per_cpu_second:,.0f}" if phase.words else "-"
            lines.append(
                f"{result.store:10}{phase.name:18}{phase.words:>10,}{phase.judged:>9,}{phase.alerts:>8,}"
                f"{phase.cpu:>8.1f}{phase.wall:>8.1f}{rate:>13}  {stages}"
            )
        server = f", database server {result.server_cpu:.1f} CPU-s" if result.server_cpu else ""
        lines.append(f"{'':10}{result.megabytes:,.0f} MB resident{server}, load average at the start {result.load:.1f}")
    return "\n".join(lines)


@contextmanager
def stores(wanted: str) -> Iterator[list[tuple[str, str]]]:
    """(name, URL) of the stores to measure; PostgreSQL only where one is found."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        found = [("sqlite", f"sqlite:///{folder}/alerts.db")] if wanted != "postgres" else []
        if wanted == "sqlite":
            yield found
            return
        try:
            with postgres.server(durable=True) as server, postgres.database(server) as url:
                yield [*found, ("postgres", url)]
        except postgres.NoPostgres as reason:
            print(reason, file=sys.stderr)
            yield found


def main(arguments: Sequence[str]) -> None:
    """Measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--households", type=int, default=80_000)
    parser.add_argument("--months", type=int, default=4)
    parser.add_argument("--store", choices=["sqlite", "postgres", "both"], default="both")
    parser.add_argument("--profile", action="store_true", help="show where the time goes, function by function")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    asked = parser.parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    print(f"making the words of {asked.households:,} households, {asked.months} months", file=sys.stderr)
    first, later = batches(asked.households, asked.months)
    profile = cProfile.Profile() if asked.profile else None
    results = []
    with stores(asked.store) as found:
        for kind, url in found:
            print(f"measuring {kind}", file=sys.stderr)
            with profile or nullcontext():
                results.append(run(kind, url, first, later))
            print(table(results[-1:]), file=sys.stderr)
            gc.unfreeze()
            gc.collect()
    print(table(results))
    figures = json.dumps([asdict(result) for result in results], ensure_ascii=False, indent=1)
    print(figures)
    if asked.json:
        asked.json.write_text(figures + "\n", encoding="utf-8")
    if profile:
        pstats.Stats(profile).sort_stats("tottime").print_stats(40)


if __name__ == "__main__":
    main(sys.argv[1:])
