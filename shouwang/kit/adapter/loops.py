"""Background threads of an adapter: each goes round one loop, waits when idle, backs off when something is away."""

import threading
from collections.abc import Callable

from shouwang.kit.bus import LogAway
from shouwang.kit.clock import Clock
from shouwang.kit.database import AWAY
from shouwang.kit.observe import get_logger
from shouwang.kit.problems import where
from shouwang.kit.vault import VaultAway

IDLE_SECONDS = 0.5
LONGEST_WAIT = 5.0
"""What was away is noticed to be back within so much: the first word flows within 20 s (docs/trust.md T1, T3)."""
STALLED_SECONDS = 300.0
"""A loop that has not gone round for five minutes beyond its own pause is red (docs/design.md, R10)."""

TITLES = {"translate": "转换", "publish": "发送", "clean": "清理", "drop": "投递目录"}

_AWAY = (LogAway, VaultAway, *AWAY)


class Loop:
    """One thread that calls `step` for ever; `step` says whether it found something to do."""

    def __init__(
        self, name: str, step: Callable[[], object], clock: Clock, *, idle: float = IDLE_SECONDS,
        crashed: Callable[[], None] | None = None,
    ) -> None:  # fmt: skip
        self.name, self._title = name, TITLES.get(name, name)
        self._step, self._clock, self._idle, self._crashed = step, clock, idle, crashed
        self._wake, self._stop = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._beat = clock.now()
        self._wrong = ""

    def start(self) -> None:
        """Begin to go round."""
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        self._thread.start()

    def ended(self) -> bool:
        """Whether it was started and has ended without being told to."""
        return self._thread is not None and not self._thread.is_alive() and not self._stop.is_set()

    def wake(self) -> None:
        """There may be something to do."""
        self._wake.set()

    def stop(self) -> None:
        """End after the round under way."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def age(self) -> float:
        """Seconds since it last came round."""
        return (self._clock.now() - self._beat).total_seconds()

    def check(self) -> str:
        """What is wrong with it, in one sentence; nothing when all is well."""
        if self._thread is not None and not self._thread.is_alive():
            return f"{self._title}已经停止"
        stalled = self.age() > STALLED_SECONDS + self._idle
        return f"{self._title}已有 {self.age():.0f} 秒没有转动" if stalled else ""

    def waits_for(self) -> str:
        """What it cannot reach now; nothing when it can."""
        return self._wrong

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            wait = self._idle
            try:
                busy = self._step()
                failures, self._wrong = 0, ""
                wait = 0.0 if busy else self._idle
            except _AWAY as away:
                failures += 1
                self._wrong = f"{self._title}在等待恢复（{type(away).__name__}），会自动继续"
                wait = min(LONGEST_WAIT, self._idle * 2 ** min(failures, 10))
                get_logger(stage=self.name).warning("away", error=type(away).__name__, attempt=failures)
            except Exception as crash:  # our bug: say where, and let the supervisor start us again
                get_logger(stage=self.name).error("crash", error=type(crash).__name__, where=where(crash))
                if self._crashed is not None:
                    self._crashed()
                return
            self._beat = self._clock.now()
            if wait:
                self._wake.wait(wait)
            self._wake.clear()
