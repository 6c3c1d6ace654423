"""Is it alive, can it serve, what does it measure: `/livez`, `/readyz`, `/metrics`.

A check is a sentence for whoever is on duty. It is never asked of a thing that may hang while somebody waits for the
answer: a probe asks on a thread of its own, and an answer that has grown old is itself the finding (15 s, trust.md T8).
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from shouwang.kit.metrics import Metrics

Check = Callable[[], str]
"""Says in one sentence what is wrong, or nothing when all is well."""

EVERY_SECONDS: Final = 3.0
PATIENCE_SECONDS: Final = 11.0
"""An answer this old is none. With the pause between two questions a fault shows within 15 s (trust.md T8)."""


class Answer:
    """What something last answered, and when; without an answer for too long that is what is wrong."""

    def __init__(self, title: str, *, seconds: Callable[[], float] = monotonic) -> None:
        self._title, self._seconds = title, seconds
        self._at, self._wrong = seconds(), ""

    def well(self) -> None:
        """It has answered, and all is well."""
        self.says("")

    def says(self, wrong: str) -> None:
        """It has answered; `wrong` is what is wrong, if anything."""
        self._at, self._wrong = self._seconds(), wrong

    def check(self) -> str:
        """What is wrong now, or nothing."""
        still = self._seconds() - self._at
        if self._wrong or still <= PATIENCE_SECONDS:
            return self._wrong
        return f"{self._title}已有 {still:.0f} 秒没有应答"


class Oldest:
    """How long what waits has waited, where only numbers say what is there and what is done.

    An end that was seen waits at least since then; once all up to it is done, what lies behind it waits since now.
    """

    def __init__(self, *, seconds: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._seen: tuple[int, float] | None = None

    def note(self, end: int, done: int) -> None:
        """What is there ends at `end`, and all up to `done` is done."""
        if done >= end:
            self._seen = None
        elif self._seen is None or self._seen[0] <= done:
            self._seen = (end, self._seconds())

    def age(self) -> float:
        """Seconds; 0 when nothing waits."""
        return self._seconds() - self._seen[1] if self._seen else 0.0


class Probe:
    """Asks one question again and again, on a thread of its own; before it is started it asks when it is asked."""

    def __init__(self, title: str, ask: Check, *, every: float = EVERY_SECONDS) -> None:
        self.title = title
        self._ask, self._every = ask, every
        self._answer = Answer(title)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to ask."""
        self._answer.well()
        self._thread = threading.Thread(target=self._run, name=f"probe {self.title}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ask no more; a question that hangs is left to itself."""
        self._stop.set()

    def check(self) -> str:
        """What is wrong now, or nothing."""
        return self._answer.check() if self._thread else self._asked()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._answer.says(self._asked())
            self._stop.wait(self._every)

    def _asked(self) -> str:
        try:
            return self._ask()
        except Exception as wrong:  # whatever is raised is the finding; its text could quote data
            return f"{self.title}现在用不了（{type(wrong).__name__}）"


@dataclass(frozen=True, slots=True)
class Watched:
    """What the health routes of a process ask, put together by whoever runs it."""

    ready: Mapping[str, Check] = field(default_factory=dict)
    live: Mapping[str, Check] = field(default_factory=dict)
    refresh: tuple[Callable[[], None], ...] = ()


def routes(
    *,
    ready: Mapping[str, Check],
    live: Mapping[str, Check] | None = None,
    metrics: Metrics | None = None,
    refresh: Iterable[Callable[[], None]] = (),
) -> APIRouter:
    """The three routes; a check that is wrong or raises makes the answer 503 and is named.

    `refresh` sets gauges when they are asked for; one that fails leaves them as they were.
    """
    router = APIRouter(tags=["health"])
    alive = live or {}

    @router.get("/livez")
    def livez() -> JSONResponse:
        """200 while the process does its work."""
        return _answer(alive)

    @router.get("/readyz")
    def readyz() -> JSONResponse:
        """200 while it can do its work now."""
        return _answer(ready)

    @router.get("/metrics")
    def show_metrics() -> Response:
        """Prometheus text."""
        if metrics is None:
            return Response(b"", media_type=CONTENT_TYPE_LATEST)
        for name, check in {**ready, **alive}.items():
            metrics.set("shouwang_check_failing", float(bool(_ask(check))), check=name)
        for gauge in (*refresh, metrics.measure_process):
            _ask(lambda gauge=gauge: gauge() or "")  # type: ignore[misc]
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return router


def _answer(checks: Mapping[str, Check]) -> JSONResponse:
    said = {name: _ask(check) for name, check in checks.items()}
    fine = not any(said.values())
    body = {"ok": fine, "checks": {name: sentence or "ok" for name, sentence in said.items()}}
    return JSONResponse(body, 200 if fine else 503, {"Cache-Control": "no-store"})


def _ask(check: Check) -> str:
    try:
        return check()
    except Exception as wrong:  # whatever a check raises is its finding; the text could quote data
        return type(wrong).__name__
