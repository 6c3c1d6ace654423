"""数据接入状态: every feed of the county, silent ones first named, and what was judged without them."""

from itertools import groupby
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from services.alerts.triage import FeedView, Triage
from services.alerts.web.auth import Gate, Session
from services.alerts.web.console.pages import Console

STATES: Final = {"ok": "正常", "silent": "静默", "late": "晚到", "never": "未接入", "unusual": "异常"}
"""The page's filters: the four states, and 异常 for a feed whose rows or empty cells differ from its own history."""


def add(router: APIRouter, triage: Triage, gate: Gate, console: Console) -> None:
    """The page."""

    @router.get("/feeds")
    def feeds(
        session: Annotated[Session, Depends(gate.page)],
        county: str = "",
        state: Annotated[str, Query(max_length=10)] = "",
    ) -> Response:
        """How every feed stands."""
        county = console.county(county, session)
        state = state if state in STATES else ""
        every = triage.coverage(county).feeds
        counts = {one: sum(_is(feed, one) for feed in every) for one in STATES}
        shown = [feed for feed in every if not state or _is(feed, state)]
        silent = [feed for feed in every if feed.health.silent]
        return console.page(
            "feeds.html", session, feeds=shown, total=len(every), state=state, states=STATES, counts=counts,
            bureaus=[(feeds[0], feeds) for feeds in (list(some) for _, some in groupby(silent, _department))],
            many=len(triage.counties) > 1, **console.about(county, narrow=bool(session.county)),
        )  # fmt: skip


def _is(feed: FeedView, state: str) -> bool:
    return feed.unusual or bool(feed.emptying) if state == "unusual" else feed.health.state.value == state


def _department(feed: FeedView) -> str:
    return feed.department
