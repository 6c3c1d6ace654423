"""Rows per CPU-second from a file to the outbox: a feed's first list and the same list a month later, on both stores.

`python -m bench door [--rows N …] [--kinds csv xlsx] [--store sqlite|postgres|both] [--times N] [--json FILE]`
Parent and reading child count together, the database server beside them. Each case runs in a process of its own, so
that its memory is its own; of several runs the median counts.
"""

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from datetime import date, datetime
from datetime import time as clock_time
from pathlib import Path
from typing import Any

import structlog
import xlsxwriter
from prometheus_client import CollectorRegistry
from sqlalchemy import func, select
from stdnum.cn import ric

from bench.words import server_cpu
from services.health.adapter import adapter
from shouwang.kit.adapter.auth import Caller
from shouwang.kit.adapter.inbox import Asked, Inbox
from shouwang.kit.adapter.tables import MIGRATIONS, OutboxRow, SendingRow, table_of
from shouwang.kit.adapter.work import Translator
from shouwang.kit.clock import SHANGHAI, FixedClock
from shouwang.kit.database import open_database, upgrade
from shouwang.kit.keys import KeyRing
from shouwang.kit.metrics import Metrics
from shouwang.kit.vault import Identified
from tests import postgres

COUNTY = "532927"
MONTHS = (date(2026, 3, 31), date(2026, 4, 30))
"""The day of the first list, and of the one a month later."""
CHANGED = 0.03
"""Rows a month changes; half a percent of the people leave and as many come."""
COLUMNS = ("姓名", "身份证号", "年度", "医疗总费用", "基本医保支付", "大病保险支付", "医疗救助支付", "个人自付")
SURNAMES = "王李张刘陈杨赵黄周吴徐孙马朱胡郭何罗高林"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰国建文红"
AT_ONCE = 256 * 1024


@dataclass
class Figure:
    """What one sending cost; CPU seconds of parent and child together."""

    store: str
    kind: str
    rows: int
    sending: str
    cpu: float
    wall: float
    server_cpu: float
    words: int
    megabytes: float
    """Largest resident memory of the parent in this case so far."""
    child_megabytes: float

    @property
    def rows_per_cpu_second(self) -> float:
        return self.rows / self.cpu


class Forgetful:
    """A vault that takes what it is given: what it costs is its own figure."""

    def keep(self, county: str, department: str, people: Sequence[Identified]) -> None:
        """Taken."""

    def ready(self) -> str:
        """Always."""
        return ""


def lines(rows: int, month: int) -> Iterator[list[str]]:
    """The list of a month: the same people and amounts but for the few that a month changes."""
    for number in range(rows):
        chance = random.Random(number)
        came, changed = chance.random() < CHANGED / 6, chance.random() < CHANGED
        who = number + (rows if came and month else 0)
        if changed and month:
            chance = random.Random(number + rows)
        total = chance.randrange(100, 9_000_000)
        parts = [chance.randrange(total // 4) for _ in range(3)]
        amounts = [total, *parts, total - sum(parts)]
        yield [_name(who), _number(who), "2026", *(f"{amount / 100:.2f}" for amount in amounts)]


def _number(who: int) -> str:
    day = date.fromordinal(711_858 + who % 26_000)
    body = f"532927{day:%Y%m%d}{who // 26_000 % 899 + 101}"
    return body + str(ric.calc_check_digit(body + "0"))


def _name(who: int) -> str:
    chance = random.Random(who)
    return chance.choice(SURNAMES) + "".join(chance.choices(GIVEN, k=chance.choice((1, 2, 2))))


def write(path: Path, rows: int, month: int) -> None:
    """The list as a GB18030 csv or as a workbook."""
    if path.suffix == ".csv":
        with path.open("w", encoding="gb18030", newline="") as file:
            file.write(",".join(COLUMNS) + "\r\n")
            file.writelines(",".join(line) + "\r\n" for line in lines(rows, month))
        return
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, COLUMNS)
        for at, line in enumerate(lines(rows, month), start=1):
            sheet.write_row(at, 0, [*line[:3], *map(float, line[3:])])


def cpu() -> float:
    """CPU seconds so far of this process and of the children it has waited for."""
    own, ended = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime


def run(store: str, url: str, files: Sequence[Path], rows: int, folder: Path) -> list[Figure]:
    """Both lists through one door, one after another."""
    structlog.configure(processors=[_drop])
    clock = FixedClock(datetime.combine(MONTHS[0], clock_time(9), SHANGHAI), {COUNTY: MONTHS[0]})
    keyring = KeyRing.open(folder / "keys", create=True, clock=clock)
    engine = open_database(url)
    upgrade(engine, MIGRATIONS)
    figures, before = [], 0
    for sending, month, path in zip(("first", "a month later"), MONTHS, files, strict=True):
        clock.set(datetime.combine(month, clock_time(9), SHANGHAI))
        clock.turn(COUNTY, month)
        inbox = Inbox(engine, keyring, clock)
        spool = inbox.spool()
        with path.open("rb") as file:
            while data := file.read(AT_ONCE):
                spool.add(data)
        inbox.take(spool, Caller(COUNTY, "bench"), Asked("self_paid_year", path.suffix))
        del spool
        started, wall, server = cpu(), time.perf_counter(), server_cpu(url)
        translator = Translator(adapter, engine, keyring, clock, Forgetful(), Metrics(CollectorRegistry()))
        translator.once()
        translator.close()  # now the child has ended and its time is counted
        spent, waited = cpu() - started, time.perf_counter() - wall
        words = _settled(engine) - before
        before += words
        figures.append(
            Figure(
                store, path.suffix[1:], rows, sending, spent, waited, server_cpu(url) - server, words,
                resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
            )
        )  # fmt: skip
    engine.dispose()
    return figures


def _settled(engine: Any) -> int:
    """Words in the outbox; a list that was not applied ends the run."""
    sending, outbox = table_of(SendingRow), table_of(OutboxRow)
    with engine.connect() as connection:
        for state, reason, hint in connection.execute(select(sending.c.state, sending.c.reason, sending.c.hint)):
            if state != "done":
                raise SystemExit(f"a list is {state}: {reason} {hint}")
        return int(connection.execute(select(func.count()).select_from(outbox)).scalar_one())


def _drop(_logger: Any, _method: str, _event: Any) -> Any:
    raise structlog.DropEvent


def _case(store: str, rows: int, files: Sequence[Path], server: str) -> list[Figure]:
    """Both sendings in a process of their own."""
    given = [sys.executable, "-m", "bench.door", "--case", store, str(rows), *map(str, files)]
    with (
        tempfile.TemporaryDirectory(prefix="door-") as folder,
        postgres.database(server) if store == "postgres" else nullcontext(f"sqlite:///{folder}/door.db") as url,
    ):
        said = subprocess.run([*given, folder, url], check=True, stdout=subprocess.PIPE, text=True).stdout
    return [Figure(**one) for one in json.loads(said)]


def table(figures: Sequence[Figure]) -> str:
    """One line a figure, medians of the runs."""
    heads = ("store", "file", "rows", "list", "rows/CPU-s", "CPU s", "server s", "wall s", "words", "MB", "child MB")
    out = ["  ".join(f"{head:>13}" for head in heads)]
    for one in figures:
        cells = (
            one.store, one.kind, f"{one.rows:,}", one.sending, f"{one.rows_per_cpu_second:,.0f}", f"{one.cpu:.2f}",
            f"{one.server_cpu:.2f}", f"{one.wall:.2f}", f"{one.words:,}", f"{one.megabytes:.0f}",
            f"{one.child_megabytes:.0f}",
        )  # fmt: skip
        out.append("  ".join(f"{cell:>13}" for cell in cells))
    return "\n".join(out)


def _median(runs: Sequence[Figure]) -> Figure:
    middle = statistics.median_low(one.cpu for one in runs)
    return next(one for one in runs if one.cpu == middle)


def measure(stores: Sequence[str], kinds: Sequence[str], sizes: Sequence[int], times: int) -> list[Figure]:
    """Every case, medians of `times` runs."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="door-files-") as folder:
        for kind in kinds:
            for rows in sizes:
                files = [Path(folder) / f"{rows}-{month}.{kind}" for month in (0, 1)]
                for month, path in enumerate(files):
                    write(path, rows, month)
                for store in stores:
                    with postgres.server(durable=True) if store == "postgres" else nullcontext("") as server:
                        runs = [_case(store, rows, files, server) for _ in range(times)]
                    found = [_median(some) for some in zip(*runs, strict=True)]
                    print(table(found), file=sys.stderr, flush=True)
                    figures += found
                for path in files:
                    path.unlink()
    return figures


def main(arguments: list[str]) -> None:
    """Print the table; with `--json FILE` write the figures too."""
    if arguments[:1] == ["--case"]:
        store, rows, first, second, folder, url = arguments[1:]
        figures = run(store, url, (Path(first), Path(second)), int(rows), Path(folder))
        print(json.dumps([asdict(one) for one in figures]))
        return
    parser = argparse.ArgumentParser(prog="bench door", description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--kinds", nargs="+", choices=("csv", "xlsx"), default=["csv", "xlsx"])
    parser.add_argument("--store", choices=("sqlite", "postgres", "both"), default="both")
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args(arguments)
    stores = ("sqlite", "postgres") if asked.store == "both" else (asked.store,)
    print(f"load average at the start: {os.getloadavg()[0]:.1f}", file=sys.stderr)
    figures = measure(stores, asked.kinds, asked.rows, asked.times)
    print(table(figures))
    if asked.json:
        said = [asdict(one) | {"rows_per_cpu_second": one.rows_per_cpu_second} for one in figures]
        asked.json.write_text(json.dumps(said, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
