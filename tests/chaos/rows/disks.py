"""T10 and T11: disks that are full, a flush that fails."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which

from tests.chaos.judge import Verdict
from tests.chaos.mixed import Flow
from tests.chaos.rows.scene import Notes, Scale, play
from tests.chaos.servers import wait_for
from tests.chaos.town import Town

DISK_MIB = 400
FULL_SECONDS = 12.0


class NotHere(Exception):
    """The scenario needs something this machine does not have; the message says what."""


def t10(scale: Scale) -> Verdict:
    """PostgreSQL's disk full, then the broker's: 507 or 503 with Retry-After, nothing half, well again with room."""

    def disturb(town: Town, flow: Flow, notes: Notes) -> None:
        for name, disk in town.disks.items():
            before = dict(flow.account.statuses)
            with _full(disk):
                time.sleep(FULL_SECONDS)
            during = {
                status: times - before.get(status, 0)
                for status, times in flow.account.statuses.items()
                if times > before.get(status, 0)
            }
            notes.figures |= {f"{name} full: {status}": times for status, times in during.items()}
            notes.waits.append(flow.pulse.first_word(time.monotonic()))

    with _disk("postgres") as one, _disk("kafka") as other:
        return play(scale, disturb, how={"disks": {"postgres": one, "kafka": other}}, only=(0, 202, 429, 503, 507))


@contextmanager
def _disk(name: str) -> Iterator[Path]:
    """A small disk of its own."""
    folder = Path(tempfile.mkdtemp(prefix=f"shouwang-chaos-{name}-"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m,mode=711", "tmpfs", str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if mounted.returncode:
        folder.rmdir()
        raise NotHere(f"small disks need root: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)
        folder.rmdir()


@contextmanager
def _full(disk: Path) -> Iterator[None]:
    """Not a byte is left on it."""
    filler = disk / "filler"
    try:
        with filler.open("wb", buffering=0) as out:
            piece = bytes(1 << 20)
            while True:
                try:
                    if out.write(piece) < len(piece):
                        break
                except OSError:
                    break
        yield
    finally:
        filler.unlink(missing_ok=True)


def t11(scale: Scale) -> Verdict:
    """Flushing says EIO to PostgreSQL: it stops at once and recovers from what it had flushed; no acknowledged loss."""
    if which("strace") is None or os.geteuid() != 0:
        raise NotHere("failing flushes need strace, and root")

    def disturb(town: Town, flow: Flow, notes: Notes) -> None:
        for _ in range(scale.times):
            said = town["postgres"].says().count("PANIC")
            _fail_flushes(town)
            wait_for(town.postgres.answers, "PostgreSQL", says=town["postgres"].says)
            notes.waits.append(flow.pulse.first_word(time.monotonic()))
            notes.figures["PANIC"] = notes.figures.get("PANIC", 0) + (town["postgres"].says().count("PANIC") > said)
        if not notes.figures["PANIC"]:
            notes.wrong.append("no flush failed: the scenario has shown nothing")

    return play(scale, disturb)


def _fail_flushes(town: Town) -> None:
    """For three seconds every flush of every PostgreSQL process fails."""
    children = Path(f"/proc/{town['postgres'].pid}/task/{town['postgres'].pid}/children").read_text().split()
    pids = [part for child in children for part in ("-p", child)]
    calls = "fsync,fdatasync"
    strace = subprocess.Popen(
        ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}", "-e", f"inject={calls}:error=EIO", *pids],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    time.sleep(3)
    strace.send_signal(signal.SIGINT)
    strace.wait(20)
