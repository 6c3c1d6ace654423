"""JSON under /api/v1, as docs/feeds.md ("HTTP, alerts") and the commands need it; long answers are NDJSON streams."""

import json
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from services.alerts.triage import NotATrial, Triage, Unknown, document
from services.alerts.web.auth import Gate
from shouwang.kit.problems import Problem

NDJSON: Final = "application/x-ndjson"
_PIECE: Final = 64 * 1024
"""Characters sent at once: a line each would cost a switch of threads each."""


class DayBody(BaseModel):
    """To which day a county is turned."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    county: Annotated[str, Field(pattern=r"^\d{6}$")]
    day: date


def routes(triage: Triage, gate: Gate) -> APIRouter:
    """Every route of the API."""
    router = APIRouter(prefix="/api/v1")
    _add_reading(router, triage, gate)
    _add_acting(router, triage, gate)
    return router


def _add_reading(router: APIRouter, triage: Triage, gate: Gate) -> None:
    may = [Depends(gate.reads)]

    @router.get("/alerts")
    def alerts(actor: Annotated[str, Depends(gate.reads)], *, suppressed: bool = False) -> StreamingResponse:
        """Standing alerts, one a line."""
        lines = (
            json.dumps(one, ensure_ascii=False, separators=(",", ":"))
            for one in triage.alerts(suppressed=suppressed, actor=actor)
        )
        return _stream(lines)

    @router.get("/words")
    def words(actor: Annotated[str, Depends(gate.reads)]) -> StreamingResponse:
        """Accepted words in arrival order, one a line."""
        return _stream(triage.words(actor=actor))

    @router.get("/feeds", dependencies=may)
    def feeds(county: str = "") -> dict[str, Any]:
        """Health of every feed of a county, or of each."""
        if county and county not in triage.counties:
            raise Problem(404, "county_unknown", "没有这个县", "请核对县代码，见 counties.toml。")
        counties = [county] if county else list(triage.counties)
        said = {code: [document(feed) for feed in triage.coverage(code).feeds] for code in counties}
        return {"counties": said}

    @router.get("/letters", dependencies=may)
    def letters() -> dict[str, list[dict[str, Any]]]:
        """Every letter, without its body."""
        return {"letters": triage.letters()}

    @router.get("/letters/{letter}", dependencies=may)
    def letter(letter: int) -> dict[str, Any]:
        """One letter, without its body."""
        try:
            return triage.letter(letter)
        except Unknown:
            raise _no_letter() from None

    @router.get("/rulebook", dependencies=may)
    def rulebook() -> dict[str, Any]:
        """The live rulebook: its version and every document as a sentence."""
        titles = triage.titles
        documents = [
            {"id": id_, "kind": kind, "title": title, "reads": titles.sentences.get(id_, "")}
            for kind, some in (("signal", titles.signals), ("rule", titles.rules))
            for id_, title in some.items()
        ]
        return {"version": titles.version, "documents": documents}

    @router.get("/progress", dependencies=may)
    def progress() -> dict[str, Any]:
        """Where every county stands."""
        return triage.progress()


def _add_acting(router: APIRouter, triage: Triage, gate: Gate) -> None:
    @router.post("/letters/{letter}/replay")
    def replay(letter: int, actor: Annotated[str, Depends(gate.acts)]) -> dict[str, int]:
        """Have a letter tried again."""
        try:
            triage.replay_letter(letter, actor=actor)
        except Unknown:
            raise _no_letter() from None
        return {"replaying": letter}

    @router.delete("/letters/{letter}")
    def drop(letter: int, actor: Annotated[str, Depends(gate.acts)]) -> dict[str, int]:
        """Throw a letter away."""
        try:
            triage.drop_letter(letter, actor=actor)
        except Unknown:
            raise _no_letter() from None
        return {"dropped": letter}

    @router.post("/day")
    def day(body: DayBody, actor: Annotated[str, Depends(gate.acts)]) -> dict[str, str]:
        """Turn a county's day; trial installations only."""
        try:
            triage.turn(body.county, body.day, actor=actor)
        except Unknown:
            raise _no_county() from None
        except NotATrial:
            raise Problem(409, "not_a_trial", "正式运行不能调整日期", "日期按北京时间自动推进。") from None
        return {"county": body.county, "day": body.day.isoformat()}


def _no_county() -> Problem:
    return Problem(404, "county_unknown", "没有这个县", "请核对县代码，见 counties.toml。")


def _no_letter() -> Problem:
    return Problem(404, "letter_unknown", "没有这件隔离内容", "请核对编号；可能已经处理。")


def _stream(lines: Iterable[str]) -> StreamingResponse:
    return StreamingResponse(_pieces(lines), media_type=NDJSON)


def _pieces(lines: Iterable[str]) -> Iterator[str]:
    piece: list[str] = []
    length = 0
    for line in lines:
        piece.append(line)
        length += len(line)
        if length >= _PIECE:
            yield "\n".join((*piece, ""))
            piece, length = [], 0
    if piece:
        yield "\n".join((*piece, ""))
