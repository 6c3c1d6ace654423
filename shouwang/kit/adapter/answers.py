"""Everything else an adapter answers: what may be sent, receipts and settling them, progress, keys."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, Engine, func, select

from shouwang.kit.adapter import heard, takeback
from shouwang.kit.adapter import receipts as settling
from shouwang.kit.adapter.auth import Caller, Calling, ForCounty, Keys
from shouwang.kit.adapter.confirmed import Numbers
from shouwang.kit.adapter.declaration import Adapter, Feed
from shouwang.kit.adapter.inbox import storing
from shouwang.kit.adapter.receipts import Receipts
from shouwang.kit.adapter.receive import Gate
from shouwang.kit.adapter.relay import Relay
from shouwang.kit.adapter.returned import Returns
from shouwang.kit.adapter.tables import NumberRow, SendingRow, microseconds, table_of
from shouwang.kit.adapter.templates import MEDIA_TYPE, template
from shouwang.kit.audit import Audit
from shouwang.kit.clock import Clock
from shouwang.kit.database import reading
from shouwang.kit.problems import Problem, trace_id
from shouwang.kit.workdays import WorkDays

NO_STORE = {"Cache-Control": "no-store"}

_SENDING, _NUMBER = table_of(SendingRow), table_of(NumberRow)


class KeyAsked(BaseModel):
    """A request for a key."""

    model_config = ConfigDict(extra="forbid")
    label: Annotated[str, Field(max_length=100)] = ""


@dataclass(frozen=True)
class Answers:
    """What the routes below need."""

    adapter: Adapter
    engine: Engine
    gate: Gate
    keys: Keys
    numbers: Numbers
    returns: Returns
    relay: Relay
    audit: Audit
    clock: Clock
    wake: Callable[[], None]
    workdays: WorkDays = field(default_factory=WorkDays)

    @property
    def receipts(self) -> Receipts:
        """The receipts the gate answers with."""
        return self.gate.receipts

    def act(self, request: Request, caller: Caller, action: str, object_: str, work: Any) -> Any:
        """One act and its audit row in one transaction: no audit, no act."""
        with storing(), self.engine.begin() as connection:
            result = work(connection)
            named = result["id"] if isinstance(result, dict) else object_
            self.audit.append(connection, actor=caller.actor, action=action, object_=named, trace_id=trace_id(request))
        return result

    def now_us(self) -> int:
        """This moment as it is stored."""
        return microseconds(self.clock.now())


def routes(on: Answers) -> APIRouter:
    """The answering half of docs/feeds.md, "HTTP, per department adapter"."""
    router = APIRouter(prefix="/v1")
    _feeds(router, on)
    _receipts(router, on)
    _numbers(router, on)
    _keys(router, on)

    @router.post("/resend", tags=["progress"])
    def resend(
        request: Request, caller: ForCounty, from_seq: Annotated[int, Query(alias="from", ge=0)] = 0
    ) -> dict[str, Any]:
        """Send the county's words again from a number on (0: all that are kept); readers drop the repeats."""
        try:
            first = on.relay.resend(caller.county, from_seq or None)
        except ValueError:
            raise Problem(
                409, "not_kept", "要重发的内容已不在发件箱", "发件箱只保留 30 天；更早的请该部门重新报送。"
            ) from None
        on.act(request, caller, "outbox.resend", f"{caller.county}/{first}", lambda _: None)
        on.wake()
        return {"county": caller.county, "from": first}

    @router.get("/progress", tags=["progress"])
    def show_progress(caller: Calling) -> dict[str, Any]:
        """How much waits, and how far words are numbered."""
        with reading(on.engine).connect() as connection:
            return progress(connection, None if caller.is_county else caller.county)

    return router


def _feeds(router: APIRouter, on: Answers) -> None:
    @router.get("/feeds", tags=["feeds"])
    def feeds(caller: Calling) -> dict[str, Any]:
        """What this department may send, when it last did, and when it is due."""
        every, today = on.adapter.feeds, on.clock.today(caller.county)
        with reading(on.engine).connect() as connection:
            stands = heard.standings(connection, caller.county, every, today, on.workdays)
        said = [_about(feed) | heard.document(feed, stands[name]) for name, feed in every.items()]
        return {"department": on.adapter.department, "liaison": on.adapter.liaison, "feeds": said}

    @router.get("/feeds/{feed}/template.xlsx", tags=["feeds"])
    def show_template(feed: str, caller: Calling) -> Response:  # noqa: ARG001
        """A workbook to fill in."""
        return _workbook(template(on.gate.feed(feed)), f"{feed}.xlsx")


def _receipts(router: APIRouter, on: Answers) -> None:
    @router.get("/receipts", tags=["receipts"])
    def latest(
        caller: Calling, limit: Annotated[int, Query(ge=1, le=1000)] = 50,
        state: Annotated[str | None, Query(pattern="^(working|held|done|refused)$")] = None,
    ) -> dict[str, Any]:  # fmt: skip
        """The newest receipts first, without their rows."""
        return {"receipts": on.receipts.latest(caller.county, limit, state)}

    @router.get("/receipts/{receipt}", tags=["receipts"])
    def show(receipt: str, caller: Calling) -> JSONResponse:
        """One receipt."""
        return JSONResponse(on.receipts.show(receipt, caller.county), headers=NO_STORE)

    @router.get("/receipts/{receipt}/rejected.xlsx", tags=["receipts"])
    def show_rejected(request: Request, receipt: str, caller: Calling) -> Response:
        """Its rejected rows as a workbook, to be mended and sent again; the rows themselves only to their sender."""
        content = on.returns.workbook(on.receipts.show(receipt, caller.county), caller)
        if not caller.is_county:  # its numbers and names leave the sealed inbox here
            on.act(request, caller, "receipt.rows", receipt, lambda _connection: None)
        return _workbook(content, f"{receipt}-rejected.xlsx")

    @router.post("/receipts/{receipt}/confirm", tags=["receipts"])
    def confirm(request: Request, receipt: str, caller: Calling) -> dict[str, Any]:
        """A held list is right after all; said by the county."""

        def work(connection: Connection) -> None:
            settling.confirm(connection, receipt, caller)

        on.act(request, caller, "receipt.confirm", receipt, work)
        on.wake()
        return on.receipts.show(receipt, caller.county)

    @router.post("/receipts/{receipt}/discard", tags=["receipts"])
    def discard(request: Request, receipt: str, caller: Calling) -> dict[str, Any]:
        """A held list is given up; said by the county or the sender."""

        def work(connection: Connection) -> None:
            settling.discard(connection, receipt, caller, on.now_us())

        on.act(request, caller, "receipt.discard", receipt, work)
        return on.receipts.show(receipt, caller.county)

    _withdrawal(router, on)


def _withdrawal(router: APIRouter, on: Answers) -> None:
    @router.post("/receipts/{receipt}/withdraw", tags=["receipts"])
    def withdraw(request: Request, receipt: str, caller: Calling) -> dict[str, Any]:
        """A whole sending is to be taken back: the first to say so asks, a different person agrees."""
        agreed: list[bool] = []

        def work(connection: Connection) -> None:
            agreed.append(takeback.withdraw(connection, receipt, caller, on.now_us()))

        on.act(request, caller, "receipt.withdraw", receipt, work)
        if agreed[-1]:
            on.wake()
        return on.receipts.show(receipt, caller.county)

    @router.delete("/receipts/{receipt}/withdraw", tags=["receipts"])
    def keep(request: Request, receipt: str, caller: Calling) -> dict[str, Any]:
        """The asking is taken back; said by who asked, or by the county."""

        def work(connection: Connection) -> None:
            takeback.keep(connection, receipt, caller)

        on.act(request, caller, "receipt.keep", receipt, work)
        return on.receipts.show(receipt, caller.county)


def _numbers(router: APIRouter, on: Answers) -> None:
    @router.post("/receipts/{receipt}/rows/{line}/confirm-number", tags=["receipts"])
    def confirm_number(request: Request, receipt: str, line: int, caller: ForCounty) -> dict[str, Any]:
        """A number ending in 000 is real, says an officer; the next sending that has it is taken."""
        digest = on.numbers.digest(receipt, line, caller)

        def work(connection: Connection) -> None:
            on.numbers.confirm(connection, digest, caller, on.now_us())

        on.act(request, caller, "number.confirm", f"{receipt}/{line}", work)
        return {"receipt": receipt, "line": line, "confirmed": True}


def _keys(router: APIRouter, on: Answers) -> None:
    @router.post("/keys", status_code=201, tags=["keys"])
    def issue(request: Request, caller: ForCounty, asked: KeyAsked | None = None) -> JSONResponse:
        """A new key for the county's bureau, shown once."""
        label = asked.label if asked else ""

        def work(connection: Connection) -> dict[str, Any]:
            return on.keys.issue(connection, caller.county, label, by=caller.actor, now_us=on.now_us())

        return JSONResponse(on.act(request, caller, "key.issue", "", work), 201, NO_STORE)

    @router.get("/keys", tags=["keys"])
    def listed(caller: ForCounty) -> dict[str, Any]:
        """The county's keys without their secrets."""
        return {"keys": [key for key in on.keys.list() if key["county"] == caller.county]}

    @router.delete("/keys/{key}", status_code=204, tags=["keys"])
    def revoke(request: Request, key: str, caller: ForCounty) -> Response:
        """Take a key out of force, at once."""

        def work(connection: Connection) -> None:
            on.keys.revoke(connection, key, caller.county, now_us=on.now_us())

        on.act(request, caller, "key.revoke", key, work)
        return Response(status_code=204)


def progress(connection: Connection, county: str | None) -> dict[str, Any]:
    """Counts of what waits (of one county, or all) and the last number given to each county's words."""
    where = () if county is None else (_SENDING.c.county == county,)
    counted = connection.execute(
        select(_SENDING.c.state, func.count().label("sendings"))
        .where(_SENDING.c.state.in_(("working", "held")), *where)
        .group_by(_SENDING.c.state)
    )
    states = {row.state: row.sendings for row in counted}
    rows = connection.execute(select(_NUMBER)).all()
    numbers = [row for row in rows if county in (None, row.county)]
    return {
        "working": states.get("working", 0),
        "held": states.get("held", 0),
        "outbox": sum(row.last - row.sent for row in numbers),
        "seqs": {row.county: row.last for row in numbers},
    }


def _about(feed: Feed) -> dict[str, Any]:
    rhythm = feed.rhythm
    return {
        "feed": feed.name,
        "type": feed.type,
        "title": feed.title,
        "subject": feed.record.subject_kind.value,
        "shape": feed.shape.value,
        "period": feed.period or None,
        "rhythm": {"every": rhythm.every, "months": rhythm.months, "by": rhythm.by, "at_once": rhythm.at_once},
        "columns": [{"name": one.name, "aliases": list(one.aliases)} for one in feed.record.columns().values()],
    }


def _workbook(content: bytes, name: str) -> Response:
    return Response(
        content, media_type=MEDIA_TYPE, headers={**NO_STORE, "Content-Disposition": f'attachment; filename="{name}"'}
    )
