"""Errors over HTTP: RFC 9457 `application/problem+json`, a Chinese title, what to do, a trace id, never any content."""

import re
import secrets
import traceback
from collections.abc import Mapping, Sequence
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shouwang.kit.database import AWAY
from shouwang.kit.observe import get_logger

TITLES: Final[Mapping[int, str]] = {
    400: "请求有误",
    401: "需要登录或有效的密钥",
    403: "无权进行此操作",
    404: "没有找到",
    405: "此地址不支持这种操作",
    406: "无法按要求的格式答复",
    408: "请求超时",
    409: "与现有内容冲突",
    410: "内容已不在",
    411: "请说明内容长度",
    412: "前提条件不符",
    413: "内容过大",
    414: "地址过长",
    415: "内容格式不支持",
    422: "内容无法读取",
    428: "请说明前提条件",
    429: "请求过于频繁",
    431: "请求头过大",
    500: "系统内部错误",
    501: "尚不支持",
    502: "上游服务异常",
    503: "暂时无法服务",
    504: "上游服务超时",
    507: "存储空间不足",
}
DETAILS: Final[Mapping[int, str]] = {
    400: "请检查请求的写法后再试。",
    401: "请在请求头中带上 Authorization: Bearer 密钥；浏览器请先登录。",
    403: "请换用有权限的密钥或账号。",
    404: "请核对地址；对象可能不存在，或您无权查看。",
    405: "请核对请求方法。",
    413: "请把内容拆小后再送。",
    415: "请核对内容类型和文件格式。",
    422: "请按 errors 中列出的位置修改后再送。",
    429: "请稍后再试。",
    500: "问题已记录。请把 trace_id 告诉管理员。",
    503: "请稍后再试，已送达的内容不受影响。",
}
_TRACEPARENT: Final = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


class Problem(Exception):
    """A request that ends here: status, stable code, Chinese title, and a detail that says what to do."""

    def __init__(
        self,
        status: int,
        code: str,
        title: str = "",
        detail: str = "",
        headers: Mapping[str, str] | None = None,
        errors: Sequence[Mapping[str, str]] = (),
    ) -> None:
        super().__init__(code)
        self.status, self.code = status, code
        self.title = title or TITLES.get(status, "出错了")
        self.detail = detail or DETAILS.get(status, "")
        self.headers = dict(headers or {})
        self.errors = [dict(error) for error in errors]


def trace_id(request: Request) -> str:
    """The id of this request, as in its log line and in a problem's `trace_id`."""
    found: str = getattr(request.state, "trace_id", "") or secrets.token_hex(16)
    return found


def problem_response(request: Request, problem: Problem) -> JSONResponse:
    """The problem as an answer."""
    body: dict[str, Any] = {
        "type": f"urn:shouwang:problem:{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "instance": request.url.path,
        "code": problem.code,
        "trace_id": trace_id(request),
    }
    if problem.errors:
        body["errors"] = problem.errors
    headers = {"Cache-Control": "no-store", **problem.headers}
    return JSONResponse(body, problem.status, headers, "application/problem+json")


def install(app: FastAPI) -> None:
    """Make every error of the app a problem: its own, malformed requests, unknown paths, and crashes."""

    @app.exception_handler(Problem)
    async def _problem(request: Request, problem: Problem) -> JSONResponse:
        return problem_response(request, problem)

    @app.exception_handler(RequestValidationError)
    async def _malformed(request: Request, malformed: RequestValidationError) -> JSONResponse:
        # The input is left out on purpose: it may be a person's data.
        errors = [{"pointer": _pointer(error["loc"]), "reason": str(error["type"])} for error in malformed.errors()]
        return problem_response(request, Problem(422, "malformed", errors=errors))

    @app.exception_handler(HTTPException)
    async def _http(request: Request, raised: HTTPException) -> JSONResponse:
        code = f"http_{raised.status_code}"
        return problem_response(request, Problem(raised.status_code, code, headers=raised.headers))

    async def _database(request: Request, away: Exception) -> JSONResponse:
        return problem_response(request, of_database(away))

    for away in AWAY:
        app.add_exception_handler(away, _database)

    app.add_middleware(Crashes)


def of_database(away: Exception) -> Problem:
    """A database that cannot do it now, as a problem: 507 with a full disk, else 503; both say when to come back."""
    said = str(getattr(away, "orig", away)).lower()
    if "full" in said or "no space" in said:
        return Problem(507, "storage_full", headers={"Retry-After": "600"})
    return Problem(503, "storage_away", headers={"Retry-After": "10"})


def _pointer(loc: Sequence[str | int]) -> str:
    return "/" + "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in loc)


class Crashes:
    """Gives each request its trace id, and turns an unhandled exception into a 500 problem and a line without content.

    It stands outside the app's own error page, which would raise again and have the server print the exception's text.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        request.state.trace_id = _incoming(request) or secrets.token_hex(16)
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as crash:  # the last line of defence: nothing may pass with its text
            get_logger(stage="http").error(
                "crash", trace_id=trace_id(request), error=type(crash).__name__, where=where(crash)
            )
            if not started:
                response = problem_response(request, Problem(500, "internal"))
                await response(scope, receive, send)


class BodyLimit:
    """Refuses a body larger than `limit` bytes: by its declared length at once, else as soon as so much has come."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.limit, self.app = limit, RequestBodyLimitMiddleware(app, max_body_size=limit)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        declared = Request(scope).headers.get("content-length", "") if scope["type"] == "http" else ""
        if declared.isdecimal() and int(declared) > self.limit:
            await problem_response(Request(scope), Problem(413, "too_large"))(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _incoming(request: Request) -> str:
    found = _TRACEPARENT.fullmatch(request.headers.get("traceparent", ""))
    return found.group(1) if found else ""


def where(crash: BaseException) -> str:
    """The innermost five places of an exception, file and line, without its text."""
    frames = traceback.extract_tb(crash.__traceback__)[-5:]
    return " < ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in reversed(frames))
