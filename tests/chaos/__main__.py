"""`python -m tests.chaos`: the chaos suite. Without a row the mixed run; with rows (T1 … T19) those scenarios alone.

    python -m tests.chaos [--minutes 15 --rate 1000 --faults 30 --seed 1]
    python -m tests.chaos --ci              five faults on 100,000 records
    python -m tests.chaos T5 T6             these rows of docs/trust.md
    python -m tests.chaos --break fence     a copy of the code with one promise broken: the suite must find it

Exit: 0 nothing wrong, 1 something is, 2 it cannot run here (no Java, no PostgreSQL), and then it says why.
"""

import argparse
import sys
import time
from collections.abc import Sequence

from contracts.catalogue import DEPARTMENTS
from tests.broker.broker import NoBroker
from tests.chaos import faults, mixed
from tests.chaos.judge import Verdict
from tests.chaos.servers import NeverUp
from tests.chaos.town import town
from tests.postgres import NoPostgres

SHOWN = 30


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; returns the exit code."""
    asked = _parser().parse_args(arguments)
    began = time.monotonic()
    try:
        wrong = _mixed(asked)
    except (NoBroker, NoPostgres) as reason:
        print(f"chaos: cannot run here: {reason}")
        return 2
    print(f"chaos: {'nothing lost, nothing double, all agree' if not wrong else f'{wrong} faults found'} "
          f"({time.monotonic() - began:.0f} s)")  # fmt: skip
    return int(wrong > 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--rate", type=float, default=1000.0, help="records a second, all departments together")
    parser.add_argument("--faults", type=int, default=30)
    parser.add_argument("--homes", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ci", action="store_true", help="five faults on 100,000 records")
    parser.add_argument("--keep", action="store_true", help="keep the folder with the logs")
    return parser


def _mixed(asked: argparse.Namespace) -> int:
    departments = tuple(DEPARTMENTS)
    chosen = faults.five(departments) if asked.ci else mixed.schedule(
        faults.catalogue(departments), asked.faults, asked.seed
    )  # fmt: skip
    rate, seconds, records = asked.rate, asked.minutes * 60, 0
    if asked.ci:
        seconds, records = 60.0, 100_000
    print(
        f"mixed run: {len(chosen)} faults, {rate:.0f} records/s, {seconds / 60:.1f} min, seed {asked.seed}", flush=True
    )
    try:
        with town(departments, keep=asked.keep) as place:
            if asked.keep:
                print(f"  logs: {place.folder}")
            done = mixed.run(
                place, chosen, seconds=seconds, rate=rate, homes=asked.homes, seed=asked.seed, records=records
            )  # fmt: skip
    except NeverUp as never:
        print(f"  {never}")
        return 1
    waits = [waited for _, waited in done.waits if waited is not None]
    print(f"  {done.rate:.0f} records/s acknowledged over {done.seconds:.0f} s; "
          f"first word after a fault: worst {max(waits, default=0):.1f} s")  # fmt: skip
    return report(done.verdict)


def report(verdict: Verdict) -> int:
    """Print what was counted and found; returns how much is wrong."""
    print("  " + ", ".join(f"{name} {value:,.0f}" for name, value in verdict.figures.items()))
    for sentence in verdict.wrong[:SHOWN]:
        print(f"  WRONG {sentence}")
    if len(verdict.wrong) > SHOWN:
        print(f"  and {len(verdict.wrong) - SHOWN} more")
    return len(verdict.wrong)


if __name__ == "__main__":
    sys.exit(main())
