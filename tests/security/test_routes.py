"""Every route of alerts and vault with no key, a wrong, a foreign and the right one; a route not listed fails."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from prometheus_client import CollectorRegistry

from services.vault.keeper import MIGRATIONS, VaultStore
from services.vault.web import build as build_vault
from shouwang.kit.audit import Audit
from shouwang.kit.clock import SHANGHAI, FixedClock
from shouwang.kit.database import open_database, upgrade
from shouwang.kit.keys import KeyRing
from shouwang.kit.metrics import Metrics
from tests.asgi import client
from tests.seeded import COUNTY, KEY, Home, Seeded

HOME = Home("H-1")
USER = {"login": "li.si", "name": "李四", "role": "乡镇", "area": "532927102"}
OPEN = {"county": COUNTY, "on": "2026-09-01", "budget": 5}
DAY = {"county": COUNTY, "day": "2026-06-16"}
PERSON = {"ref": HOME.child, "number": "1", "name": "张小明"}
FORM_COOKIE_ONLY, PAGE, API, FREE = "form", "page", "api", "free"


class Route(NamedTuple):
    """A route: who may, an address, what is sent, and what the right key gets."""

    may: str
    address: str
    body: Mapping[str, Any] | None = None
    gets: int = 200


ALERTS: dict[tuple[str, str], Route] = {
    ("GET", "/livez"): Route(FREE, "/livez"),
    ("GET", "/readyz"): Route(FREE, "/readyz"),
    ("GET", "/metrics"): Route(FREE, "/metrics"),
    ("GET", "/login"): Route(FREE, "/login"),
    ("POST", "/login"): Route(FORM_COOKIE_ONLY, "/login"),
    ("POST", "/logout"): Route(PAGE, "/logout"),
    ("GET", "/"): Route(PAGE, "/"),
    ("GET", "/feeds"): Route(PAGE, "/feeds"),
    ("GET", "/households/{ref}"): Route(PAGE, f"/households/{HOME.ref}"),
    ("GET", "/api/v1/alerts"): Route(API, "/api/v1/alerts"),
    ("GET", "/api/v1/words"): Route(API, "/api/v1/words"),
    ("GET", "/api/v1/letters"): Route(API, "/api/v1/letters"),
    ("GET", "/api/v1/letters/{letter}"): Route(API, "/api/v1/letters/1"),
    ("GET", "/api/v1/rulebook"): Route(API, "/api/v1/rulebook"),
    ("GET", "/api/v1/feeds"): Route(API, "/api/v1/feeds"),
    ("GET", "/api/v1/progress"): Route(API, "/api/v1/progress"),
    ("POST", "/api/v1/letters/{letter}/replay"): Route(API, "/api/v1/letters/1/replay"),
    ("DELETE", "/api/v1/letters/{letter}"): Route(API, "/api/v1/letters/1"),
    ("POST", "/api/v1/day"): Route(API, "/api/v1/day", DAY),
    ("GET", "/api/v1/users"): Route(API, "/api/v1/users"),
    ("POST", "/api/v1/users"): Route(API, "/api/v1/users", USER, gets=201),
    ("POST", "/api/v1/users/{login}/disable"): Route(API, "/api/v1/users/nobody/disable", gets=404),
    ("POST", "/api/v1/open"): Route(API, "/api/v1/open", OPEN),
}
VAULT: dict[tuple[str, str], Route] = {
    ("GET", "/livez"): Route(FREE, "/livez"),
    ("GET", "/readyz"): Route(FREE, "/readyz"),
    ("GET", "/metrics"): Route(FREE, "/metrics"),
    ("POST", "/v1/keep"): Route(API, "/v1/keep", {"county": COUNTY, "department": "health", "people": [PERSON]}),
    ("POST", "/v1/find"): Route(API, "/v1/find", {"county": COUNTY, "refs": [HOME.child], "actor": "a"}),
    ("POST", "/v1/unmask"): Route(
        API, "/v1/unmask", {"county": COUNTY, "ref": HOME.child, "actor": "a", "reason": "入户核查"}
    ),
}


@pytest.fixture
def alerts(tmp_path: Path) -> FastAPI:
    return Seeded(tmp_path, [HOME]).app


@pytest.fixture
def vault(tmp_path: Path) -> FastAPI:
    engine = open_database(f"sqlite:///{tmp_path}/vault.db", durable=False)
    upgrade(engine, MIGRATIONS)
    clock = FixedClock(datetime(2026, 6, 15, tzinfo=SHANGHAI))
    store = VaultStore(engine, KeyRing.open(tmp_path / "keys", create=True).sealer("vault"), Audit(bytes(32), clock))
    return build_vault(store, KEY, Metrics(CollectorRegistry()))


def served(app: FastAPI) -> set[tuple[str, str]]:
    """Every (method, path) the app serves, beside its static files."""
    return {(method, route.path) for route in _flat(app) for method in (route.methods or set()) - {"HEAD"}}


def _flat(app: FastAPI) -> Iterator[APIRoute]:
    waiting: list[Any] = list(app.routes)
    while waiting:
        route = waiting.pop()
        if isinstance(route, APIRoute):
            yield route
        else:
            waiting += getattr(getattr(route, "original_router", None), "routes", None) or []


def test_every_route_of_alerts_is_listed(alerts: FastAPI) -> None:
    assert served(alerts) == set(ALERTS)


def test_every_route_of_the_vault_is_listed(vault: FastAPI) -> None:
    assert served(vault) == set(VAULT)


def ask(app: FastAPI, method: str, route: Route, key: str) -> httpx.Response:
    with client(app, key=key) as browser:
        return browser.request(method, route.address, json=route.body)


CLOSED_ALERTS = [(method, route) for (method, _), route in ALERTS.items() if route.may == API]
CLOSED_VAULT = [(method, route) for (method, _), route in VAULT.items() if route.may == API]
FOREIGN = ["", "wrong", "the-vault-key", KEY + "x", KEY[:-1], "密钥"]


@pytest.mark.parametrize("key", FOREIGN)
@pytest.mark.parametrize(("method", "route"), CLOSED_ALERTS, ids=lambda value: getattr(value, "address", value))
def test_without_the_county_key_the_api_says_401_and_nothing_else(
    alerts: FastAPI, method: str, route: Route, key: str
) -> None:
    answer = _ask_raw(alerts, method, route, key)
    assert answer.status_code == 401
    assert answer.json()["code"] == "wrong_key"
    assert HOME.ref not in answer.text


@pytest.mark.parametrize("key", FOREIGN)
@pytest.mark.parametrize(("method", "route"), CLOSED_VAULT, ids=lambda value: getattr(value, "address", value))
def test_without_its_key_the_vault_says_401_and_nothing_else(
    vault: FastAPI, method: str, route: Route, key: str
) -> None:
    answer = _ask_raw(vault, method, route, key)
    assert answer.status_code == 401
    assert "张" not in answer.text


def _ask_raw(app: FastAPI, method: str, route: Route, key: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}".encode()} if key else {}
    with client(app) as browser:
        return browser.request(method, route.address, json=route.body, headers=headers)  # type: ignore[arg-type]


@pytest.mark.parametrize(("method", "route"), CLOSED_ALERTS, ids=lambda value: getattr(value, "address", value))
def test_the_county_key_opens_the_api(alerts: FastAPI, method: str, route: Route) -> None:
    assert ask(alerts, method, route, KEY).status_code == route.gets


@pytest.mark.parametrize(("method", "route"), CLOSED_VAULT, ids=lambda value: getattr(value, "address", value))
def test_its_key_opens_the_vault(vault: FastAPI, method: str, route: Route) -> None:
    assert ask(vault, method, route, KEY).status_code == route.gets


@pytest.mark.parametrize(
    ("method", "address"), [(method, route.address) for (method, _), route in ALERTS.items() if route.may == PAGE]
)
def test_a_page_sends_whoever_has_not_signed_in_to_sign_in(alerts: FastAPI, method: str, address: str) -> None:
    with client(alerts, key=KEY) as browser:
        answer = browser.request(method, address)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert HOME.ref not in answer.text


def test_wrong_keys_are_refused_for_a_while_after_five(alerts: FastAPI) -> None:
    with client(alerts, key="wrong") as browser:
        answers = [browser.get("/api/v1/progress") for _ in range(7)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
    assert int(answers[-1].headers["retry-after"]) <= 61


def test_extra_fields_and_other_types_are_refused(vault: FastAPI, alerts: FastAPI) -> None:
    for app, address, body in (
        (vault, "/v1/keep", {"county": COUNTY, "department": "health", "people": [{**PERSON, "role": "x"}]}),
        (vault, "/v1/find", {"county": COUNTY, "refs": ["%"], "actor": "a"}),
        (alerts, "/api/v1/day", {**DAY, "force": True}),
        (alerts, "/api/v1/day", {**DAY, "county": "5329"}),
    ):
        with client(app, key=KEY) as browser:
            answer = browser.post(address, json=body)
        assert answer.status_code == 422
        assert "张小明" not in answer.text


def test_a_body_that_is_too_large_is_refused(vault: FastAPI, alerts: FastAPI) -> None:
    for app, address in ((vault, "/v1/keep"), (alerts, "/api/v1/day")):
        with client(app, key=KEY) as browser:
            answer = browser.post(address, content=b"x" * (5 * 1024 * 1024))
        assert answer.status_code == 413
        assert answer.headers["content-type"] == "application/problem+json"


def test_there_are_no_pages_about_the_api_itself(alerts: FastAPI, vault: FastAPI) -> None:
    for app in (alerts, vault):
        with client(app, key=KEY) as browser:
            assert [browser.get(path).status_code for path in ("/docs", "/redoc", "/openapi.json")] == [404] * 3
