"""The pages: signing in and out, the queue, one household."""

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.alerts.triage import LEVELS, Place, Triage, Unknown, Wanted
from services.alerts.web.auth import FORM, SESSION, Gate, Session, set_cookie
from services.alerts.web.console import wording
from shouwang.kit.problems import Problem

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
SIZES: Final = (20, 50, 100)


class Console:
    """The templates, and what every page knows."""

    def __init__(self, triage: Triage, gate: Gate) -> None:
        self.triage, self.gate = triage, gate
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters.update(wording.FILTERS)
        self._templates.globals.update(LEVELS=wording.LEVELS, SIZES=SIZES)

    def page(self, name: str, session: Session | None, status: int = 200, **known: Any) -> HTMLResponse:
        """A template as an answer."""
        text = self._templates.get_template(name).render(
            csrf=session.csrf if session else "", who=session.title if session else "", **known
        )
        return HTMLResponse(text, status)

    def problem(self, problem: Problem, trace: str) -> HTMLResponse:
        """A page that says what went wrong and what to do."""
        answer = self.page("problem.html", None, problem.status, problem=problem, trace=trace)
        answer.headers.update(problem.headers)
        return answer

    def county(self, code: str, session: Session) -> str:
        """The county a page is about: the one asked for, else the officer's, else the first served."""
        mine = (session.county,) if session.county else tuple(self.triage.counties)
        if code and code not in mine:
            raise Problem(404, "county_unknown", "没有这个县", "请从预警队列重新进入。")
        return code or mine[0]

    def about(self, county: str, *, narrow: bool = False) -> dict[str, Any]:
        """What the frame of every page shows."""
        known = self.triage.counties
        return {
            "county": known[county],
            "counties": {county: known[county]} if narrow else known,
            "today": self.triage.today(county),
            "coverage": self.triage.coverage(county),
            "opening": self.triage.opening(county),
        }


def routes(triage: Triage, gate: Gate, console: Console) -> APIRouter:
    """Every page."""
    router = APIRouter(default_response_class=HTMLResponse)
    _add_signing_in(router, gate, console)
    _add_reading(router, triage, gate, console)
    return router


def _add_signing_in(router: APIRouter, gate: Gate, console: Console) -> None:
    @router.get("/login")
    def form(request: Request) -> Response:
        """The sign-in form."""
        return _form(request, gate, console)

    @router.post("/login")
    def sign_in(
        request: Request,
        key: Annotated[str, Form(max_length=200)] = "",
        login: Annotated[str, Form(max_length=40)] = "",
        token: Annotated[str, Form()] = "",
    ) -> Response:
        """Signing in with an account's password, or with the county's access key alone."""
        visitor = request.cookies.get(FORM, "")
        gate.check_form(request, token, gate.form_token(visitor) if visitor else "")
        session = gate.sign_in(request, key, login)
        if session is None:
            return _form(request, gate, console, wrong=True)
        answer = RedirectResponse("/", 303)
        set_cookie(request, answer, SESSION, session.token)
        answer.delete_cookie(FORM)
        return answer

    @router.post("/logout")
    def sign_out(
        request: Request, session: Annotated[Session, Depends(gate.signed_in)], token: Annotated[str, Form()] = ""
    ) -> Response:
        """Signing out."""
        gate.check_form(request, token, session.csrf)
        gate.sessions.close(session.token)
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(SESSION)
        return answer


def _form(request: Request, gate: Gate, console: Console, *, wrong: bool = False) -> Response:
    visitor = secrets.token_urlsafe(16)
    status = 401 if wrong else 200
    answer = console.page("login.html", None, status, token=gate.form_token(visitor), wrong=wrong)
    set_cookie(request, answer, FORM, visitor)
    return answer


def _add_reading(router: APIRouter, triage: Triage, gate: Gate, console: Console) -> None:
    @router.get("/")
    def queue(
        session: Annotated[Session, Depends(gate.page)],
        county: str = "",
        level: Annotated[str, Query(max_length=20)] = "",
        rule: Annotated[str, Query(max_length=60)] = "",
        village: Annotated[str, Query(max_length=12)] = "",
        feed: Annotated[str, Query(max_length=60)] = "",
        after: Annotated[str, Query(max_length=80)] = "",
        size: int = SIZES[0],
    ) -> Response:
        """Households and villages with standing alerts."""
        county = console.county(county, session)
        about = console.about(county, narrow=bool(session.county))
        read = next((one for one in about["coverage"].feeds if one.type == feed), None)
        rules = triage.readers(read.type) if read else ()
        wanted = Wanted(county, level if level in LEVELS else "", rule, village, rules, session.area)
        size = size if size in SIZES else SIZES[0]
        found = triage.queue(wanted, _place(after), size, actor=session.actor)
        links = Links(wanted, size, read.type if read else "", many=len(triage.counties) > 1)
        known: dict[str, Any] = {
            "queue": found,
            "wanted": wanted,
            "links": links,
            "size": size,
            "titles": triage.titles,
            "feed": read,
        }
        return console.page("queue.html", session, after=after, **known, **about)

    @router.get("/households/{ref}")
    def household(
        session: Annotated[Session, Depends(gate.page)], ref: str, county: Annotated[str, Query()] = ""
    ) -> Response:
        """One household whole."""
        county = console.county(county, session)
        try:
            found = triage.household(county, ref, actor=session.actor, area=session.area)
        except Unknown:
            raise Problem(404, "household_unknown", "无此户或无权查看", "请从预警队列重新进入。") from None
        return console.page(
            "household.html", session, found=found, **console.about(county, narrow=bool(session.county))
        )


class Links:
    """Addresses of the queue with one thing changed; the whole state is in them."""

    def __init__(self, wanted: Wanted, size: int, feed: str, *, many: bool) -> None:
        self._now: Mapping[str, str] = {
            "county": wanted.county if many else "",
            "level": wanted.level,
            "rule": wanted.rule,
            "village": wanted.village,
            "feed": feed,
            "size": str(size) if size != SIZES[0] else "",
        }

    def to(self, after: Place | None = None, **changed: str) -> str:
        """The address with these changed; any change begins at the first page."""
        said = {**self._now, **changed, "after": "~".join(map(str, after)) if after else ""}
        return "/?" + urlencode({name: value for name, value in said.items() if value})


def _place(text: str) -> Place | None:
    parts = text.split("~")
    return (
        Place(int(parts[0]), parts[1], parts[2])
        if len(parts) == 3 and parts[0] in map(str, range(len(LEVELS) + 1))
        else None
    )
