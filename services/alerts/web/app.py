"""The alerts web app put together: API, console, health, headers, errors."""

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from services.alerts.triage import Triage
from services.alerts.web import api, county
from services.alerts.web.auth import Gate, SignInNeeded
from services.alerts.web.console import feeds, pages
from services.alerts.web.headers import SafeHeaders
from services.alerts.web.measure import measure
from shouwang.kit import health, problems, requests
from shouwang.kit.clock import Clock
from shouwang.kit.health import Watched
from shouwang.kit.metrics import Metrics
from shouwang.kit.problems import BodyLimit, Problem, problem_response, trace_id

LIMIT_BYTES = 64 * 1024
"""The largest thing anybody sends here is a form."""


def build(
    triage: Triage,
    key: str,
    clock: Clock,
    metrics: Metrics,
    watched: Watched | None = None,
) -> FastAPI:
    """The app; `key` is the service key of the county's staff and commands, `watched` what health asks."""
    watched = watched or Watched(ready={"database": triage.ready})
    app = FastAPI(title="守望 预警", docs_url=None, redoc_url=None, openapi_url=None)
    gate = Gate(key, clock, triage.accounts)
    console = pages.Console(triage, gate)
    app.add_middleware(BodyLimit, limit=LIMIT_BYTES)
    problems.install(app)
    app.add_middleware(SafeHeaders)
    _show_problems_as_pages(app, console)
    refresh = [lambda: measure(triage, metrics), *watched.refresh]
    app.include_router(health.routes(ready=watched.ready, live=watched.live, metrics=metrics, refresh=refresh))
    app.include_router(api.routes(triage, gate))
    app.include_router(county.routes(triage, gate))
    router = pages.routes(triage, gate, console)
    feeds.add(router, triage, gate, console)
    app.include_router(router)
    app.mount("/static", StaticFiles(directory=pages.STATIC), name="static")
    requests.install(app, metrics)
    return app


def _show_problems_as_pages(app: FastAPI, console: pages.Console) -> None:
    """People get a page, commands a document."""

    @app.exception_handler(SignInNeeded)
    async def _sign_in(_request: Request, _needed: SignInNeeded) -> Response:
        return RedirectResponse("/login", 303)

    @app.exception_handler(Problem)
    async def _problem(request: Request, problem: Problem) -> Response:
        if _wants_page(request):
            return console.problem(problem, trace_id(request))
        return problem_response(request, problem)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, raised: HTTPException) -> Response:
        return await _problem(
            request, Problem(raised.status_code, f"http_{raised.status_code}", headers=raised.headers)
        )


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/")
