"""Processes under a supervisor: whoever ends is started anew, as compose does with `restart: unless-stopped`."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

AGAIN_SECONDS = 0.3
"""Before an ended process is started anew; the second time in a row twice as long, at most `SLOWEST_SECONDS`."""
SLOWEST_SECONDS = 5.0
STEADY_SECONDS = 10.0
"""A process that has run so long counts as having come up: the next start is prompt again."""


@dataclass
class Service:
    """One process, and those it has started itself: they live and die together, as in a container."""

    name: str
    command: Sequence[str | Path]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    log: Path = Path("/dev/null")
    down: bool = True
    """True while it is not to be started anew."""
    starts: list[float] = field(default_factory=list)
    _process: subprocess.Popen[bytes] | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def start(self) -> "Service":
        """Start it, and from now on whenever it ends."""
        with self._lock:
            self.down = False
            if not self.runs:
                self._spawn()
        return self

    @property
    def runs(self) -> bool:
        """Whether its process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Of the process that lives now, or has lived last."""
        assert self._process is not None, f"{self.name} was never started"
        return self._process.pid

    def give(self, number: signal.Signals) -> None:
        """Send a signal to all of it."""
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                os.killpg(self._process.pid, number)

    def kill(self, *, stay_down: bool = False) -> None:
        """SIGKILL; the supervisor starts it anew unless it is to stay down."""
        with self._lock:
            self.down = self.down or stay_down
            self.give(signal.SIGKILL)
            if self._process is not None:
                self._process.wait(20)

    def stop(self) -> None:
        """End it for good, as the machine's shutdown would."""
        self.kill(stay_down=True)

    def tend(self) -> None:
        """Start it anew if it has ended and may run."""
        with self._lock:
            if not self.down and not self.runs and time.monotonic() - self.starts[-1] >= self._wait():
                self._spawn()

    def says(self) -> str:
        """The end of what it has said."""
        return self.log.read_text(errors="replace")[-2500:] if self.log.is_file() else ""

    def resident(self) -> int:
        """Resident bytes of its first process; 0 when it is gone."""
        try:
            pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        except OSError:
            return 0
        return pages * os.sysconf("SC_PAGE_SIZE")

    def _wait(self) -> float:
        quick = 0
        for earlier, later in zip(self.starts[-2::-1], self.starts[:0:-1], strict=False):
            if later - earlier > STEADY_SECONDS:
                break
            quick += 1
        return min(AGAIN_SECONDS * float(2**quick), SLOWEST_SECONDS)

    def _spawn(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [str(part) for part in self.command], env={**os.environ, **self.environment}, cwd=self.folder,
                user=self.user, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self.starts.append(time.monotonic())


class Supervisor:
    """Looks after services in a thread of its own."""

    def __init__(self) -> None:
        self.services: dict[str, Service] = {}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, name="supervisor", daemon=True)
        self._thread.start()

    def add(self, service: Service) -> Service:
        """Look after this one too; it is not started yet."""
        self.services[service.name] = service
        return service

    def close(self) -> None:
        """Stop everything, servers last."""
        self._end.set()
        self._thread.join()
        for service in reversed(self.services.values()):
            service.give(signal.SIGCONT)
            service.stop()

    def _look(self) -> None:
        while not self._end.wait(0.1):
            for service in tuple(self.services.values()):
                service.tend()
