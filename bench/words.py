"""Words per CPU-second: words kept, the live rulebook, all eighteen feeds of a county, its day turns, on both stores.

`python -m bench.words [--households N …] [--months N] [--store sqlite|postgres|both] [--workers N] [--rounds N]`
The words are made by another process and read batch by batch, so that time and memory are the worker's alone. CPU
seconds are what compares: wall time on a shared machine repeats to ±40 % only (docs/kafka.md).
"""

import argparse
import json
import logging
import multiprocessing
import os
import pickle
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import median

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

COUNTIES = (County("532927", 1, "巍山彝族回族自治县"), County("532925", 2, "弥渡县"))
BEGIN = date(2025, 7, 1)
AT_ONCE = 4000
"""Records per batch: what the batch transport fetches (docs/kafka.md 3)."""
RULEBOOK = Path(__file__).parents[1] / "services" / "alerts" / "rulebook"
FRESH = multiprocessing.get_context("spawn")
"""A process that begins empty: what it holds is its own."""


@dataclass
class Phase:
    """What one part of the run did and cost."""

    name: str
    words: int = 0
    judged: int = 0
    alerts: int = 0
    cpu: float = 0.0
    us_per_word: dict[str, float] = field(default_factory=dict)

    @property
    def words_per_cpu_second(self) -> float:
        return self.words / self.cpu if self.cpu else 0.0


@dataclass
class Result:
    """One worker's run over one county."""

    store: str
    households: int
    workers: int
    phases: list[Phase]
    megabytes: float
    """Most memory the worker's process has held."""
    loop: float
    """CPU milliseconds of a fixed loop just before: 20 or so on a quiet machine; other work on our cores raises it."""
    server_cpu: float = 0.0
    """CPU seconds of the database server for all workers, where we started it."""

    @property
    def us_a_word(self) -> float:
        """CPU microseconds a word, first load and months together."""
        return sum(one.cpu for one in self.phases[:2]) / max(1, sum(one.words for one in self.phases)) * 1e6


@dataclass(frozen=True)
class Job:
    """What a worker's process is to do."""

    kind: str
    url: str
    file: str
    county: County
    households: int
    workers: int


def write(file: Path, county: County, households: int, months: int) -> None:
    """Write a county's batches one after another, each with the name of its phase."""
    ends: dict[str, int] = {}
    homes = make_county(households, seed=county.number, county=county.code)
    with file.open("wb") as into:
        for day, topic, words in year(homes, months, county=county.code):
            for start in range(0, len(words), AT_ONCE):
                at = ends.get(topic, 0)
                chosen = words[start : start + AT_ONCE]
                ends[topic] = at + len(chosen)
                pickle.dump(("first load" if day == BEGIN else "months", topic, at, chosen), into)


def batches(job: Job) -> Iterator[tuple[str, Batch]]:
    """(phase, batch) as the log would hand them out."""
    with Path(job.file).open("rb") as file:
        while True:
            try:
                phase, topic, at, values = pickle.load(file)  # noqa: S301 (our own file)
            except EOFError:
                return
            key, partition = job.county.code.encode(), job.county.number
            records = [Record(topic, partition, at + n, key, value) for n, value in enumerate(values)]
            yield phase, Batch(topic, partition, at, at + len(values), records, "bench")


@contextmanager
def measured(phase: Phase, total: Processed) -> Iterator[None]:
    """Add a block's CPU time to a phase whose work is counted in `total`."""
    cpu = time.process_time()
    yield
    phase.cpu += time.process_time() - cpu
    phase.words, phase.judged, phase.alerts = total.words, total.judged, total.alerts
    phase.us_per_word = {stage: round(ms * 1000 / max(1, total.words), 2) for stage, ms in total.ms.items()}


def work(job: Job) -> Result:
    """One county from empty to the last day turn; runs in a process of its own."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    engine, policy = open_database(job.url), load_rulebook(RULEBOOK)
    clock = FixedClock(datetime(2025, 7, 1, 9, tzinfo=SHANGHAI), {job.county.code: BEGIN})
    stages = Stages(Store(engine), policy, {job.county.code: job.county}, OpenSeals(), clock)
    collect_seldom()
    loop = _loop()
    phases = {name: Phase(name) for name in ("first load", "months", "30 day turns", "judge everybody")}
    totals = {name: Processed() for name in phases}
    for name, batch in batches(job):
        with measured(phases[name], totals[name]):
            totals[name].add(stages.process(batch))
    day = date(2026, 6, 1)
    stages.turn_day(job.county.code, day)
    for ahead in range(1, 31):
        with measured(phases["30 day turns"], totals["30 day turns"]):
            totals["30 day turns"].add(stages.turn_day(job.county.code, day + timedelta(days=ahead)))
    megabytes = _most_resident()
    other = Stages(Store(engine), replace(policy, version="another"), {job.county.code: job.county}, OpenSeals(), clock)
    with measured(phases["judge everybody"], totals["judge everybody"]):
        totals["judge everybody"].add(other.turn_day(job.county.code, day + timedelta(days=31)))
    engine.dispose()
    return Result(job.kind, job.households, job.workers, list(phases.values()), megabytes, loop)


def _loop() -> float:
    start = time.process_time()
    total = 0
    for n in range(300_000):
        total += n * n % 7
    return (time.process_time() - start) * 1000


def _most_resident() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1000


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


def run(kind: str, url: str, files: Sequence[str], households: int) -> list[Result]:
    """As many workers as files at once, each with a county of its own, on one store."""
    engine = open_database(url)
    upgrade(engine, MIGRATIONS)
    engine.dispose()
    before = server_cpu(url)
    jobs = [Job(kind, url, file, county, households, len(files)) for file, county in zip(files, COUNTIES, strict=False)]
    with FRESH.Pool(len(jobs)) as pool:
        results = pool.map(work, jobs, chunksize=1)
    spent = server_cpu(url) - before
    return [replace(result, server_cpu=spent) for result in results]


def table(results: Sequence[Result]) -> str:
    """The results for people."""
    columns = ("store", "part", "words", "judged", "alerts", "CPU s", "words/CPU-s")
    lines = ["{:10}{:18}{:>10}{:>10}{:>9}{:>8}{:>13}".format(*columns) + "  µs a word"]
    for result in results:
        for phase in result.phases:
            stages = "  ".join(f"{name} {us}" for name, us in phase.us_per_word.items()) if phase.words else ""
            rate = f"{phase.words_per_cpu_second:,.0f}" if phase.words else "-"
            lines.append(
                f"{result.store:10}{phase.name:18}{phase.words:>10,}{phase.judged:>10,}{phase.alerts:>9,}"
                f"{phase.cpu:>8.1f}{rate:>13}  {stages}"
            )
        server = f", database server {result.server_cpu:.1f} CPU-s" if result.server_cpu else ""
        lines.append(
            f"{'':10}{result.households:,} households, {result.workers} worker(s), {result.us_a_word:.1f} µs a word, "
            f"{result.megabytes:,.0f} MB at most{server}, loop {result.loop:.0f} ms"
        )
    return "\n".join(lines)


def ratios(results: Sequence[Result]) -> dict[str, float]:
    """CPU a word in the median, as ratios within this run: by size, and of two workers to one."""
    cost: dict[tuple[str, int, int], list[float]] = {}
    for one in results:
        cost.setdefault((one.store, one.households, one.workers), []).append(one.us_a_word)
    middle = {key: median(some) for key, some in cost.items()}
    found = {}
    for (store, households, workers), us in middle.items():
        smallest = min(size for of, size, number in middle if (of, number) == (store, workers))
        if workers > 1 and (store, households, 1) in middle:
            found[f"{store} {households}: {workers} workers to 1"] = round(us / middle[store, households, 1], 2)
        elif households > smallest:
            found[f"{store}: {households} to {smallest} households"] = round(us / middle[store, smallest, workers], 2)
    return found


@contextmanager
def database(kind: str) -> Iterator[str]:
    """The URL of an empty database of a kind; raises NoPostgres."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            yield f"sqlite:///{folder}/alerts.db"
        return
    with postgres.server(durable=True) as server, postgres.database(server) as url:
        yield url


def measure(asked: argparse.Namespace, folder: Path) -> Iterator[Result]:
    """Every size on every store, as often as asked; with several workers also one worker, in the same run."""
    kinds = ["sqlite", "postgres"] if asked.store == "both" else [asked.store]
    for households in asked.households:
        files = [str(folder / f"{households}-{county.code}") for county in COUNTIES[: asked.workers]]
        for file, county in zip(files, COUNTIES, strict=False):
            print(f"making the words of {households:,} households of {county.code}", file=sys.stderr)
            maker = FRESH.Process(target=write, args=(Path(file), county, households, asked.months))
            maker.start()
            maker.join()
        for _ in range(asked.rounds):
            for kind in kinds:
                for workers in sorted({1, asked.workers}):
                    try:
                        with database(kind) as url:
                            yield from run(kind, url, files[:workers], households)
                    except postgres.NoPostgres as reason:
                        print(reason, file=sys.stderr)


def main(arguments: Sequence[str]) -> None:
    """Measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--households", type=int, nargs="+", default=[80_000])
    parser.add_argument("--months", type=int, default=4)
    parser.add_argument("--store", choices=["sqlite", "postgres", "both"], default="both")
    parser.add_argument("--workers", type=int, choices=[1, 2], default=1)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    asked = parser.parse_args(arguments)
    results = []
    with tempfile.TemporaryDirectory(prefix="bench-words-") as folder:
        for result in measure(asked, Path(folder)):
            print(table([result]), file=sys.stderr)
            results.append(result)
    print(table(results))
    said = {"runs": [asdict(result) for result in results], "ratios": ratios(results)}
    figures = json.dumps(said, ensure_ascii=False, indent=1)
    print(figures)
    if asked.json:
        asked.json.write_text(figures + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
