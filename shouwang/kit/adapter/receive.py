"""Receiving over HTTP: pushes, lists in parts and files become sendings with a receipt, or a problem, at once."""

import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Literal

from anyio.to_thread import run_sync
from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from shouwang.kit.adapter.auth import Caller, Calling
from shouwang.kit.adapter.declaration import Feed
from shouwang.kit.adapter.inbox import Asked, Inbox
from shouwang.kit.adapter.receipts import Receipts
from shouwang.kit.adapter.records import as_lines, body, rows_of
from shouwang.kit.adapter.spool import Spool
from shouwang.kit.adapter.upload import Upload
from shouwang.kit.problems import Problem
from shouwang.kit.sheets import LIMIT_BYTES, Refused
from shouwang.kit.sheets.sniff import kind_of

AT_ONCE = 32
"""Pushes taken in at the same moment; more are told to come back in two seconds."""

OVERHEAD = 64 * 1024
"""What a multipart body may have beside its file."""

_STATUS = {"file_kind": 415, "file_unreadable": 422, "file_too_large": 413}
_TITLES = {"file_kind": "文件类型不支持", "file_unreadable": "文件无法读取", "file_too_large": "文件过大"}
_LIST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SCOPE = re.compile(r"[0-9]{9}|[0-9]{12}")

ShapeAsked = Annotated[Literal["list", "increment"] | None, Query()]
RepeatKey = Annotated[str | None, Header(alias="Idempotency-Key", max_length=200)]
ListId = Annotated[str | None, Query(alias="list")]
Part = Annotated[int | None, Query(ge=1, le=9999)]
Scope = Annotated[str, Query(max_length=12)]


class Gate:
    """Who may come in, what there is to send to, and how many at once."""

    def __init__(self, feeds: Mapping[str, Feed], inbox: Inbox, receipts: Receipts, wake: Callable[[], None]) -> None:
        self.feeds, self.inbox, self.receipts, self._wake = feeds, inbox, receipts, wake
        self._inside = 0

    def feed(self, name: str) -> Feed:
        """A feed of this department; raises Problem 404."""
        found = self.feeds.get(name)
        if found is None:
            named = "、".join(f"{feed.name}（{feed.title}）" for feed in self.feeds.values())
            raise Problem(404, "feed_unknown", "本部门没有这种数据", f"可报送的有：{named}。")
        return found

    @asynccontextmanager
    async def entered(self) -> AsyncIterator[None]:
        """One push being taken in; raises Problem 503 when there are too many."""
        if self._inside >= AT_ONCE:
            raise Problem(503, "busy", "正在接收的报送过多", "请稍候两秒再试。", {"Retry-After": "2"})
        self._inside += 1
        try:
            await run_sync(self.inbox.require_room)
            yield
        finally:
            self._inside -= 1

    async def answer(self, request: Request, receipt: str, caller: Caller) -> JSONResponse:
        """202 with the receipt and where to ask for it."""
        self._wake()
        said: dict[str, Any] = await run_sync(self.receipts.show, receipt, caller.county)
        href = f"{request.scope.get('root_path', '')}/v1/receipts/{receipt}"
        return JSONResponse({**said, "href": href}, 202, {"Location": href})


def routes(gate: Gate) -> APIRouter:
    """The pushing half of docs/feeds.md, "HTTP, per department adapter"."""
    router = APIRouter(prefix="/v1/feeds/{feed}", tags=["receive"])

    @router.post("/records")
    async def records(
        request: Request, feed: str, caller: Calling, shape: ShapeAsked = None, as_of: date | None = None,
        scope: Scope = "", list_id: ListId = None, part: Part = None, repeat_key: RepeatKey = None,
    ) -> JSONResponse:  # fmt: skip
        """Take up to 10,000 records as one increment (or a list, or one part of one)."""
        said = "list" if list_id is not None and shape is None else shape or "increment"
        asked = Asked(gate.feed(feed).name, "records", said, as_of, _scope(scope, caller), repeat_key or "")
        if (list_id is None) != (part is None) or (list_id is not None and not _LIST_ID.fullmatch(list_id)):
            raise Problem(
                400, "part_incomplete", "分批参数不完整", "请同时给出 list=编号（字母、数字、._-）和 part=序号。"
            )
        async with gate.entered():
            content = await body(_whole(request), request.headers.get("content-encoding", "").lower())
            lines = await run_sync(_lines, content, _media_type(request))
            receipt = await run_sync(_take_records, gate.inbox, lines, caller, asked, list_id, part)
            return await gate.answer(request, receipt, caller)

    @router.post("/lists/{list_id}/complete")
    async def complete(request: Request, feed: str, list_id: str, caller: Calling) -> JSONResponse:
        """Say that every part of a list has been sent."""
        receipt = await run_sync(gate.inbox.complete, caller, gate.feed(feed).name, list_id)
        return await gate.answer(request, receipt, caller)

    @router.post("/files")
    async def files(
        request: Request, feed: str, caller: Calling, shape: ShapeAsked = None, as_of: date | None = None,
        scope: Scope = "", repeat_key: RepeatKey = None,
    ) -> JSONResponse:  # fmt: skip
        """Take one xlsx, xls, csv or NDJSON file."""
        asked = Asked(gate.feed(feed).name, "", shape, as_of, _scope(scope, caller), repeat_key or "")
        declared = request.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > LIMIT_BYTES + OVERHEAD:
            raise problem_of(Refused("file_too_large", "文件超过 200 MiB，请拆分后再报送。"))
        async with gate.entered():
            receipt = await _take_file(gate.inbox, request, caller, asked)
            return await gate.answer(request, receipt, caller)

    return router


def problem_of(refused: Refused) -> Problem:
    """What can be known of a file at once, as a problem."""
    status = _STATUS.get(refused.code, 422)
    return Problem(status, refused.code, _TITLES.get(refused.code, "文件无法读取"), refused.hint)


def sniffed(spool: Spool, suffix: str) -> str:
    """The suffix the file is kept under, by what it is; raises Refused when it can be seen to be of no use."""
    kind = kind_of(f"file{suffix}", spool.size, spool.head, spool.tail)
    return {"xlsx": ".xlsx", "xls": ".xls", "csv": ".csv", "ndjson": ".ndjson"}[kind]


async def _whole(request: Request) -> AsyncIterator[bytes]:
    """The body as it comes; a sender who goes away half-way has sent nothing."""
    try:
        async for chunk in request.stream():
            yield chunk
    except ClientDisconnect:
        raise Problem(400, "broken_off", "上传中断", "没有收到完整内容，请重新报送。") from None


async def _take_file(inbox: Inbox, request: Request, caller: Caller, asked: Asked) -> str:
    spool = inbox.spool()
    upload = Upload(request.headers.get("content-type", ""), spool)
    try:
        async for chunk in _whole(request):
            await run_sync(upload.write, chunk)
        upload.finish()
        kept = await run_sync(sniffed, spool, upload.suffix)
    except Refused as refused:
        raise problem_of(refused) from None
    return await run_sync(inbox.take, spool, caller, replace(asked, source=kept))


def _take_records(
    inbox: Inbox, lines: bytes, caller: Caller, asked: Asked, list_id: str | None, part: int | None
) -> str:
    if list_id is not None and part is not None:
        return inbox.take_part(lines, caller, asked, list_id, part)
    spool = inbox.spool()
    spool.add(lines)
    return inbox.take(spool, caller, asked)


def _lines(content: bytes, media_type: str) -> bytes:
    return as_lines(rows_of(content, media_type))


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _scope(scope: str, caller: Caller) -> str:
    if scope and not (_SCOPE.fullmatch(scope) and scope.startswith(caller.county)):
        raise Problem(422, "scope_invalid", "scope 无法识别", "请填写本县的 9 位乡镇代码或 12 位村代码。")
    return scope
