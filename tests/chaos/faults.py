"""The faults of the mixed run: what each does, and whose next word shows that it is over."""

import random
import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import httpx

from tests.chaos.judge import resend
from tests.chaos.proxy import BOTH, Line
from tests.chaos.servers import wait_for
from tests.chaos.town import Town

PAUSE_SECONDS: Final = 25.0
"""A stopped worker stays stopped well beyond its session of 10 s, so that another takes its partitions."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong; `happen` returns when it is over."""

    name: str
    happen: Callable[[Town, random.Random], None]
    whose: str = ""
    """The department whose next word is awaited; any when empty."""
    row: str = ""
    """The row of docs/trust.md it belongs to."""


def killed(service: str) -> Callable[[Town, random.Random], None]:
    """SIGKILL."""

    def happen(town: Town, dice: random.Random) -> None:
        time.sleep(dice.uniform(0, 0.5))
        town[service].kill()

    return happen


def killed_at_its_answer(department: str) -> Callable[[Town, random.Random], None]:
    """SIGKILL of an adapter after its inbox has committed and before its answer arrives (T2)."""

    def happen(town: Town, _: random.Random) -> None:
        line = town.door_lines[department]
        done = threading.Event()

        def at_answer(_: bytes) -> bool:
            town[department].kill()
            done.set()
            return False

        line.on_answer = at_answer
        done.wait(20)
        line.on_answer = None

    return happen


def away(service: str, seconds: float) -> Callable[[Town, random.Random], None]:
    """SIGKILL, and nothing starts it anew for a while."""

    def happen(town: Town, _: random.Random) -> None:
        town[service].kill(stay_down=True)
        time.sleep(seconds)
        town[service].start()

    return happen


def on_line(name: str, spoil: Callable[[Line], None], seconds: float) -> Callable[[Town, random.Random], None]:
    """A line is bad for a while."""

    def happen(town: Town, _: random.Random) -> None:
        line: Line = getattr(town, name)
        spoil(line)
        time.sleep(seconds)
        line.mend()

    return happen


def parted(line: Line) -> None:
    """Nothing passes."""
    line.held = BOTH


def one_way(line: Line) -> None:
    """Questions arrive, answers do not."""
    line.held = frozenset(("back",))


def late(line: Line) -> None:
    """Every piece is 200 ms late."""
    line.delay = 0.2


def refused(line: Line) -> None:
    """Connections are reset, and new ones too."""
    line.refusing = True
    line.reset()


def stalled(town: Town, _: random.Random) -> None:
    """A worker is stopped, another takes over, the first wakes up (T6)."""
    other = town.start_worker("2")
    wait_for(lambda: town.ready("worker-2"), "worker-2", says=other.says)
    town["worker-1"].give(signal.SIGSTOP)
    time.sleep(PAUSE_SECONDS)
    town["worker-1"].give(signal.SIGCONT)
    time.sleep(2)
    other.stop()


def rebalanced(town: Town, _: random.Random) -> None:
    """A worker joins and is killed (T7)."""
    other = town.start_worker("2")
    wait_for(lambda: town.ready("worker-2"), "worker-2", says=other.says)
    time.sleep(5)
    other.stop()


def wiped(town: Town, _: random.Random) -> None:
    """The broker dies and its log directory is lost (T5)."""
    town["kafka"].kill(stay_down=True)
    town.kafka.format()
    town["kafka"].start()


def sent_again(town: Town, dice: random.Random) -> None:
    """A department sends again from somewhere in its outbox (T13)."""
    department = dice.choice(town.departments)
    last = town.progress(department)["seqs"]
    with suppress(httpx.HTTPError):
        resend(town, department, max(1, max(last.values(), default=1) // 2))


def catalogue(departments: Sequence[str]) -> list[Fault]:
    """Every kind of fault, with those that are commonest in life more than once."""
    return [
        Fault("worker killed", killed("worker-1"), row="T1"),
        *(Fault(f"{one} killed", killed(one), one, "T2") for one in departments),
        *(Fault(f"{one} killed at its answer", killed_at_its_answer(one), one, "T2") for one in departments[:2]),
        Fault("PostgreSQL killed", killed("postgres"), row="T3"),
        Fault("broker killed", killed("kafka"), row="T4"),
        Fault("worker killed", killed("worker-1"), row="T1"),
        Fault("vault killed", killed("vault")),
        Fault("broker away for 20 s", away("kafka", 20), row="T4"),
        Fault("broker's log wiped", wiped, row="T5"),
        Fault("worker stopped, taken over, awake again", stalled, row="T6"),
        Fault("rebalance 1-2-1", rebalanced, row="T7"),
        Fault("worker parted from PostgreSQL", on_line("worker_postgres", parted, 12), row="T8"),
        Fault("worker parted from the broker", on_line("worker_kafka", parted, 12), row="T8"),
        Fault("adapters parted from the broker", on_line("doors_kafka", parted, 12), row="T8"),
        Fault("adapters hear nothing from PostgreSQL", on_line("doors_postgres", one_way, 8), row="T9"),
        Fault("adapters' broker line is 200 ms late", on_line("doors_kafka", late, 8), row="T9"),
        Fault("worker's PostgreSQL line resets", on_line("worker_postgres", refused, 6), row="T9"),
        Fault("adapters' PostgreSQL line is 200 ms late", on_line("doors_postgres", late, 8), row="T16"),
        Fault("vault parted from adapters", on_line("doors_vault", refused, 8), row="T8"),
        Fault("a department sends again", sent_again, row="T13"),
        Fault("PostgreSQL away for 8 s", away("postgres", 8), row="T3"),
    ]


def five(departments: Sequence[str]) -> list[Fault]:
    """The five of CI: the worker, an adapter at its answer, PostgreSQL, the broker, and the broker without its log."""
    first = departments[0]
    return [
        Fault("worker killed", killed("worker-1"), row="T1"),
        Fault(f"{first} killed at its answer", killed_at_its_answer(first), first, "T2"),
        Fault("PostgreSQL killed", killed("postgres"), row="T3"),
        Fault("broker killed", killed("kafka"), row="T4"),
        Fault("broker's log wiped", wiped, row="T5"),
    ]
