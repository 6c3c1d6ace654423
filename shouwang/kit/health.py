"""Is it alive, can it serve, what does it measure: `/livez`, `/readyz`, `/metrics`."""

from collections.abc import Callable, Mapping

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

Check = Callable[[], str]
"""Says in one sentence what is wrong, or nothing when all is well."""


def routes(
    *, ready: Mapping[str, Check], live: Mapping[str, Check] | None = None, registry: CollectorRegistry | None = None
) -> APIRouter:
    """The three routes; a check that is wrong or raises makes the answer 503 and is named."""
    router = APIRouter(tags=["health"])

    @router.get("/livez")
    def livez() -> JSONResponse:
        """200 while the process does its work."""
        return _answer(live or {})

    @router.get("/readyz")
    def readyz() -> JSONResponse:
        """200 while it can serve what it is asked."""
        return _answer(ready)

    @router.get("/metrics")
    def metrics() -> Response:
        """Prometheus text."""
        return Response(generate_latest(registry) if registry else b"", media_type=CONTENT_TYPE_LATEST)

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
