"""Signing in and forms: who is let in, for how long, and what another site cannot do."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import Request

from services.alerts.web.auth import IDLE, LONGEST, SESSION, Attempts, Gate, Sessions
from services.alerts.web.headers import HEADERS
from shouwang.kit.clock import SHANGHAI, FixedClock
from shouwang.kit.problems import Problem
from tests.asgi import client
from tests.seeded import KEY, Home, Seeded

NOW = datetime(2026, 6, 15, 9, tzinfo=SHANGHAI)


@pytest.fixture
def browser(tmp_path: Path) -> httpx.Client:
    return client(Seeded(tmp_path, [Home("H-1")]).app)


def token(page: httpx.Response) -> str:
    found = re.search(r'name="token" value="([^"]+)"', page.text)
    assert found
    return found[1]


def sign_in(browser: httpx.Client, key: str = KEY, **headers: str) -> httpx.Response:
    shown = {"key": key, "token": token(browser.get("/login"))}
    return browser.post("/login", data=shown, headers=headers)


def test_the_right_key_opens_a_session_in_a_cookie_no_script_reads(browser: httpx.Client) -> None:
    answer = sign_in(browser)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = next(one for one in answer.headers.get_list("set-cookie") if one.startswith(SESSION))
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert browser.get("/").status_code == 200


def test_over_tls_the_cookie_is_secure(tmp_path: Path) -> None:
    browser = client(Seeded(tmp_path, []).app)
    browser.base_url = httpx.URL("https://shouwang.test")
    assert all("; secure" in one.lower() for one in sign_in(browser).headers.get_list("set-cookie") if SESSION in one)


@pytest.mark.parametrize("key", ["", "wrong", KEY[:-1]])
def test_a_wrong_key_opens_nothing_and_is_not_repeated(browser: httpx.Client, key: str) -> None:
    answer = sign_in(browser, key)
    assert answer.status_code == 401
    assert "访问密钥不对" in answer.text
    assert browser.get("/").status_code == 303


def test_after_five_wrong_keys_even_the_right_one_waits(browser: httpx.Client) -> None:
    for _ in range(5):
        sign_in(browser, "wrong")
    assert sign_in(browser).status_code == 429


def test_a_new_session_has_a_new_token(browser: httpx.Client) -> None:
    sign_in(browser)
    first = browser.cookies[SESSION]
    sign_in(browser)
    second = browser.cookies[SESSION]
    assert first != second
    browser.cookies.set(SESSION, first, domain="shouwang.test")
    browser.cookies.delete(SESSION, domain="shouwang.test", path="/")
    browser.cookies.set(SESSION, first)
    assert browser.get("/").status_code == 303


def test_signing_out_ends_the_session_everywhere(browser: httpx.Client) -> None:
    sign_in(browser)
    kept = browser.cookies[SESSION]
    assert browser.post("/logout", data={"token": token(browser.get("/"))}).status_code == 303
    assert browser.get("/", headers={"cookie": f"{SESSION}={kept}"}).status_code == 303


@pytest.mark.parametrize("shown", ["", "x", "密"])
def test_a_form_without_its_token_is_refused(browser: httpx.Client, shown: str) -> None:
    assert browser.post("/login", data={"key": KEY, "token": shown}).status_code == 403
    sign_in(browser)
    assert browser.post("/logout", data={"token": shown}).status_code == 403
    assert browser.get("/").status_code == 200


def test_a_sign_in_token_of_another_visitor_is_refused(browser: httpx.Client) -> None:
    foreign = token(browser.get("/login"))
    browser.cookies.clear()
    browser.get("/login")
    assert browser.post("/login", data={"key": KEY, "token": foreign}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "http://evil.test"}],
)
def test_a_form_another_site_sent_is_refused_even_with_a_token(browser: httpx.Client, headers: dict[str, str]) -> None:
    assert sign_in(browser, **headers).status_code == 403


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "same-origin"}, {"origin": "http://shouwang.test"}, {"origin": "null"}]
)
def test_our_own_form_is_taken(browser: httpx.Client, headers: dict[str, str]) -> None:
    assert sign_in(browser, **headers).status_code == 303


def test_a_session_reads_the_api_and_changes_nothing_over_it(browser: httpx.Client) -> None:
    sign_in(browser)
    assert browser.get("/api/v1/alerts").status_code == 200
    assert browser.post("/api/v1/letters/1/replay").status_code == 401
    assert browser.delete("/api/v1/letters/1").status_code == 401


@pytest.mark.parametrize("path", ["/", "/login", "/api/v1/alerts", "/nowhere", "/static/console.css", "/livez"])
def test_every_answer_carries_the_headers_that_keep_it_in_place(browser: httpx.Client, path: str) -> None:
    sign_in(browser)
    answer = browser.get(path)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert answer.headers["cache-control"] == ("public, max-age=3600" if "/static/" in path else "no-store")


def test_a_session_ends_after_idling_and_in_any_case_after_its_longest_time(tmp_path: Path) -> None:
    clock = FixedClock(NOW)
    sessions = Sessions(clock, Seeded(tmp_path, []).triage.accounts)
    idle, busy = sessions.open("county"), sessions.open("county")
    clock.set(NOW + IDLE + timedelta(seconds=1))
    assert sessions.find(idle.token) is None
    assert sessions.find(busy.token) is None
    busy = sessions.open("county")
    began = clock.now()
    while clock.now() - began <= LONGEST - IDLE:
        assert sessions.find(busy.token)
        clock.set(clock.now() + IDLE - timedelta(minutes=1))
    clock.set(began + LONGEST + timedelta(seconds=1))
    assert sessions.find(busy.token) is None


def test_attempts_are_counted_by_address_and_forgotten_after_a_right_one() -> None:
    clock = FixedClock(NOW)
    attempts = Attempts(clock)
    for _ in range(5):
        attempts.refuse_if_too_many("10.0.0.1")
        attempts.wrong("10.0.0.1")
    attempts.refuse_if_too_many("10.0.0.2")
    with pytest.raises(Problem):
        attempts.refuse_if_too_many("10.0.0.1")
    clock.set(NOW + timedelta(minutes=1))
    attempts.refuse_if_too_many("10.0.0.1")
    attempts.right("10.0.0.1")
    attempts.wrong("10.0.0.1")
    attempts.refuse_if_too_many("10.0.0.1")


def test_a_header_cannot_pretend_another_address(tmp_path: Path) -> None:
    gate = Gate(KEY, FixedClock(NOW), Seeded(tmp_path, []).triage.accounts)

    def shown(place: int) -> Request:
        headers = [(b"authorization", b"Bearer wrong"), (b"x-forwarded-for", f"10.0.0.{place}".encode())]
        return Request({"type": "http", "headers": headers, "client": ("10.1.1.1", 1)})

    for place in range(5):
        with pytest.raises(Problem, match="wrong_key"):
            gate.acts(shown(place))
    with pytest.raises(Problem, match="too_many_attempts"):
        gate.acts(shown(9))
