"""Errors over HTTP: always a problem, never a word of what was sent."""

import logging

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy.exc import OperationalError

from shouwang.kit import problems
from shouwang.kit.problems import DETAILS, TITLES, Problem
from tests.asgi import client

SECRET = "53292720140315001X"
TRACE = "0af7651916cd43dd8448eb211c80319c"


class Body(BaseModel):
    number: int


def app() -> FastAPI:
    made = FastAPI()
    problems.install(made)

    @made.get("/problem")
    def problem() -> None:
        raise Problem(409, "held", "名单待确认", "请先确认。", {"Retry-After": "5"})

    @made.get("/crash")
    def crash() -> None:
        raise ValueError(SECRET)

    @made.get("/away")
    def away(reason: str) -> None:
        raise OperationalError(SECRET, {}, Exception(reason))

    @made.post("/body")
    def body(body: Body) -> int:
        return body.number

    return made


@pytest.mark.parametrize(
    ("reason", "status", "code"),
    [
        ("server closed the connection unexpectedly", 503, "storage_away"),
        ("could not extend file: No space left on device", 507, "storage_full"),
        ("database or disk is full", 507, "storage_full"),
    ],
)
def test_t3_a_database_that_is_away_or_full_is_said_as_not_now(reason: str, status: int, code: str) -> None:
    answer = ask("GET", "/away", params={"reason": reason})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert int(answer.headers["Retry-After"]) > 0
    assert SECRET not in answer.text


def ask(method: str, path: str, **how: object) -> httpx.Response:
    with client(app()) as browser:
        return browser.request(method, path, **how)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/problem", 409), ("GET", "/crash", 500), ("GET", "/nowhere", 404), ("DELETE", "/problem", 405)],
)
def test_every_error_is_a_problem_with_a_chinese_title_and_a_trace_id(method: str, path: str, status: int) -> None:
    answer = ask(method, path)
    said = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert said["status"] == status
    assert all("一" <= char <= "鿿" for char in said["title"])
    assert said["detail"]
    assert len(said["trace_id"]) == 32
    assert (said["type"], said["instance"]) == (f"urn:shouwang:problem:{said['code']}", path)


def test_a_problem_says_what_it_was_given() -> None:
    answer = ask("GET", "/problem")
    assert answer.json()["title"] == "名单待确认"
    assert answer.json()["detail"] == "请先确认。"
    assert answer.headers["retry-after"] == "5"


def test_the_callers_trace_id_is_kept() -> None:
    headers = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
    assert ask("GET", "/nowhere", headers=headers).json()["trace_id"] == TRACE


def test_a_malformed_body_is_named_by_place_and_never_quoted() -> None:
    answer = ask("POST", "/body", json={"number": SECRET})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"pointer": "/body/number", "reason": "int_parsing"}]
    assert SECRET not in answer.text


def test_a_crash_shows_nothing_of_its_text_anywhere(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = ask("GET", "/crash")
    printed = "".join(capsys.readouterr())
    assert "ValueError" in printed
    assert "test_problems.py" in printed
    assert SECRET not in answer.text + printed + caplog.text


def test_every_detail_belongs_to_a_titled_status() -> None:
    assert set(DETAILS) <= set(TITLES)
