"""`python -m tests.chaos`: the chaos suite. Without a row the mixed run; with rows (T1 … T19) those scenarios alone.

    python -m tests.chaos [--minutes 15 --rate 1000 --faults 30 --seed 1]
    python -m tests.chaos --ci              five faults on 100,000 records
    python -m tests.chaos T5 T6             these rows; `all` for every one
    python -m tests.chaos --break fence     a copy of the code with one promise broken: the suite must find it

Exit: 0 nothing wrong, 1 something is, 2 it cannot run here (no Java, no PostgreSQL), and then it says why.
"""

import argparse
import signal
import sys
import time
from collections.abc import Sequence

from contracts.catalogue import DEPARTMENTS
from tests.broker.broker import NoBroker
from tests.chaos import faults, mixed
from tests.chaos.breaks import BREAKS, try_break
from tests.chaos.judge import Verdict
from tests.chaos.rows import ROWS
from tests.chaos.rows.disks import NotHere
from tests.chaos.rows.scene import Scale
from tests.chaos.servers import NeverUp
from tests.chaos.town import town
from tests.postgres import NoPostgres

SHOWN = 30


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; returns the exit code."""
    asked = _parser().parse_args(arguments)
    began = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # also then nothing is left running
    try:
        if asked.broken:
            return _breaks(asked)
        wrong = _rows(asked) if asked.rows else _mixed(asked)
    except (NoBroker, NoPostgres) as reason:
        print(f"chaos: cannot run here: {reason}")
        return 2
    said = f"{wrong} faults found" if wrong else "nothing lost, nothing double, all agree"
    print(f"chaos: {said} ({time.monotonic() - began:.0f} s)")
    return int(wrong > 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", nargs="*", metavar="ROW", help="T1 … T19, or all; none: the mixed run")
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--rate", type=float, default=0.0, help="records a second, all departments together")
    parser.add_argument("--faults", type=int, default=30)
    parser.add_argument("--homes", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--times", type=int, default=3, help="of a row: how often its fault happens")
    parser.add_argument("--away", type=float, default=30.0, help="of T4, T8, T16: seconds away; T4 asks for 600")
    parser.add_argument("--ci", action="store_true", help="five faults on 100,000 records; times are printed only")
    parser.add_argument("--records", type=int, default=100_000, help="of --ci")
    parser.add_argument("--break", dest="broken", choices=[*BREAKS, "all"], help="try a copy with a promise broken")
    parser.add_argument("--keep", action="store_true", help="keep the folder with the logs")
    return parser


def _scale(asked: argparse.Namespace) -> Scale:
    return Scale(
        rate=asked.rate or 300.0, homes=asked.homes or 200, seed=asked.seed, times=asked.times, away=asked.away,
        keep=asked.keep,
    )  # fmt: skip


def _rows(asked: argparse.Namespace) -> int:
    """Each row by itself; what a row needs and is not here skips it, with the reason."""
    wrong = 0
    for name in ROWS if asked.rows == ["all"] else asked.rows:
        began = time.monotonic()
        print(f"{name} {ROWS[name].__doc__}", flush=True)
        try:
            found = report(ROWS[name](_scale(asked)), strict=True)
        except NotHere as reason:
            print(f"  not run here: {reason}")
            continue
        except NeverUp as never:
            print(f"  WRONG {never}")
            found = 1
        wrong += found
        print(f"{name} {'FAILED' if found else 'holds'} ({time.monotonic() - began:.0f} s)", flush=True)
    return wrong


def _breaks(asked: argparse.Namespace) -> int:
    """0 when every break was found."""
    missed = 0
    for name in BREAKS if asked.broken == "all" else (asked.broken,):
        print(f"break {name}: {BREAKS[name].promise}", flush=True)
        try:
            wrong = try_break(name, _scale(asked)).wrong
        except NeverUp as never:
            wrong = [str(never)]
        print(f"  {f'found: {wrong[0][:300]} (and {len(wrong) - 1} more)' if wrong else 'MISSED'}", flush=True)
        missed += not wrong
    return int(missed > 0)


def _mixed(asked: argparse.Namespace) -> int:
    departments = tuple(DEPARTMENTS)
    chosen = faults.five(departments) if asked.ci else mixed.schedule(
        faults.catalogue(departments), asked.faults, asked.seed
    )  # fmt: skip
    rate, homes = asked.rate or 1000.0, asked.homes or (1000 if asked.ci else 3000)
    seconds, records = (60.0, asked.records) if asked.ci else (asked.minutes * 60, 0)
    print(
        f"mixed run: {len(chosen)} faults, {rate:.0f} records/s, {seconds / 60:.1f} min, seed {asked.seed}", flush=True
    )
    try:
        with town(departments, keep=asked.keep) as place:
            if asked.keep:
                print(f"  logs: {place.folder}")
            done = mixed.run(
                place, chosen, seconds=seconds, rate=rate, homes=homes, seed=asked.seed, records=records
            )  # fmt: skip
    except NeverUp as never:
        print(f"  WRONG {never}")
        return 1
    waits = [waited for _, waited in done.waits if waited is not None]
    print(f"  {done.rate:.0f} records/s acknowledged over {done.seconds:.0f} s; "
          f"first word after a fault: worst {max(waits, default=0):.1f} s")  # fmt: skip
    return report(done.verdict, strict=not asked.ci)


def report(verdict: Verdict, *, strict: bool) -> int:
    """Print what was counted and found; returns how much is wrong, if `strict` promises of time included."""
    print("  " + ", ".join(f"{name} {value:,g}" for name, value in verdict.figures.items()))
    for sentence in verdict.wrong[:SHOWN]:
        print(f"  WRONG {sentence}")
    if len(verdict.wrong) > SHOWN:
        print(f"  and {len(verdict.wrong) - SHOWN} more")
    for sentence in verdict.promises:
        print(f"  PROMISE {sentence}")
    return len(verdict.wrong) + (len(verdict.promises) if strict else 0)


if __name__ == "__main__":
    sys.exit(main())
