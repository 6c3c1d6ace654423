"""Keeps a loop of work alive: what crashes is started again, a little later each time, and it is said."""

import threading
from collections.abc import Callable
from typing import Final

from shouwang.kit.observe import get_logger
from shouwang.kit.problems import where

FIRST_PAUSE: Final = 0.2
LONGEST_PAUSE: Final = 30.0
CALM_SECONDS: Final = 60.0
"""A loop that ran so long before it crashed begins again with the shortest pause."""

Work = Callable[[threading.Event], None]
"""Works until the event is set; whatever it raises is a crash."""


class Watched:
    """One loop on a thread of its own."""

    def __init__(self, name: str, work: Work, seconds: Callable[[], float]) -> None:
        self.name, self.crashes, self.last_crash = name, 0, ""
        self._work, self._seconds = work, seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, seconds: float = 30.0) -> None:
        """Ask it to end and wait for its last unit of work."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def ready(self) -> str:
        """A check: what is wrong, or nothing."""
        return "" if self._thread.is_alive() else f"{self.name} 没有在运行"

    def _run(self) -> None:
        pause = FIRST_PAUSE
        while not self._stop.is_set():
            began = self._seconds()
            try:
                self._work(self._stop)
            except Exception as crash:  # a crash of ours: said with its place, never with what it held
                self.crashes += 1
                self.last_crash = f"{type(crash).__name__} {where(crash)}"
                get_logger(stage=self.name).error("crash", error=type(crash).__name__, where=where(crash), pause=pause)
            if self._seconds() - began > CALM_SECONDS:
                pause = FIRST_PAUSE
            self._stop.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
