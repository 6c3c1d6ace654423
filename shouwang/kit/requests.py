"""One canonical line and one count per HTTP request: the pattern of its route, never the address asked for."""

import time
from typing import Final

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shouwang.kit.metrics import Metrics
from shouwang.kit.observe import get_logger

QUIET: Final = frozenset({"/livez", "/readyz", "/metrics"})
"""Asked every few seconds; counted, but no line."""
UNKNOWN: Final = "(no route)"
"""For every address that is none of ours, so that whoever tries addresses makes no labels."""


def install(app: FastAPI, metrics: Metrics) -> None:
    """Count and log every request of the app."""
    app.add_middleware(Requests, metrics=metrics)


class Requests:
    """Around everything else, so that what an answer cost and became is said whoever made it."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, start = 500, time.perf_counter()

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            self._say(scope, status, time.perf_counter() - start)

    def _say(self, scope: Scope, status: int, seconds: float) -> None:
        route = _pattern(scope)
        self._metrics.add("shouwang_requests_total", route=route, status=str(status))
        self._metrics.observe("shouwang_request_seconds", seconds, route=route)
        taking = scope["method"] == "POST" and route.startswith("/v1/feeds/")
        if taking:
            result = "failed" if status >= 500 else "done"
            self._metrics.add("shouwang_stage_units_total", stage="receive", result=result)
            self._metrics.observe("shouwang_stage_seconds", seconds, stage="receive")
        if route in QUIET:
            return
        stage = "receive" if taking else "http"
        get_logger(stage=stage).info(
            stage, route=route, method=scope["method"], status=status, ms=round(seconds * 1000, 1),
            trace_id=scope.get("state", {}).get("trace_id"),
        )  # fmt: skip


def _pattern(scope: Scope) -> str:
    """`/v1/receipts/{receipt}`; of what is mounted (static files) only where it is mounted."""
    route = scope.get("route")
    path: str = getattr(route, "path", "")
    return path or UNKNOWN
