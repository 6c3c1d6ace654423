"""Reaching the services over HTTP: where they are, which key, and what their refusals mean to a person."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

import typer

from shouwang.cli.options import Exit, end

if TYPE_CHECKING:
    import httpx

OFFICER = "Shouwang-Officer"
"""As `shouwang.kit.adapter.auth.OFFICER`; not imported from there, so that the command line starts quickly."""
INSTANCE = "instance.json"
SECONDS = 60.0
"""A door answers once its inbox has committed; reading 200 MiB and writing it takes seconds, not a minute."""


class Away(Exception):
    """The service does not answer, or is not ready."""


class Refused(Exception):
    """The service said no; `problem` is what it said (problem+json)."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('title', '')}")
        self.status, self.problem = status, problem

    def sentence(self) -> str:
        """What was said, for a person."""
        parts = (self.problem.get("title", f"HTTP {self.status}"), self.problem.get("detail", ""))
        trace = self.problem.get("trace_id")
        return "：".join(part for part in parts if part) + (f"（追踪号 {trace}）" if trace else "")


class NoInstance(Exception):
    """Nothing says where the services are."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an instance is: alerts at `url`, doors below it unless `doors` says otherwise."""

    url: str
    key: str
    doors: Mapping[str, str] = field(default_factory=dict)
    county: str = ""
    day_file: str = ""
    services: Mapping[str, str] = field(default_factory=dict)
    """Processes without a door, by their title: where their health is asked."""

    @classmethod
    def of(cls, data: Path) -> Self:
        """As `up` left it in DIR/instance.json; raises NoInstance."""
        try:
            said = json.loads((data / INSTANCE).read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            raise NoInstance(
                f"{data} 中没有运行的实例：先运行 shouwang up --data {data}，或用 --url 指明地址"
            ) from None
        return cls(
            **{name: said[name] for name in ("url", "key", "doors", "county", "day_file", "services") if name in said}
        )


class Reach:
    """One instance, asked over HTTP; every method raises Away or Refused."""

    def __init__(self, place: Place, client: "httpx.Client") -> None:
        self.place, self._client = place, client
        self._doors: dict[str, str] = dict(place.doors)
        self._officer = ""

    def door(self, department: str) -> str:
        """The address of a department's adapter."""
        return self._doors.get(department) or f"{self.place.url.rstrip('/')}/departments/{department}"

    def api(self, path: str) -> str:
        """The address of something alerts serves."""
        return f"{self.place.url.rstrip('/')}/api/v1/{path}"

    def named(self, officer: str) -> "Reach":
        """The same instance, asked in the name of a person: it stands beside the key in the audit chain."""
        named = Reach(self.place, self._client)
        named._officer = officer
        return named

    def keyed(self, key: str) -> "Reach":
        """The same instance, reached with another key."""
        place = self.place
        return Reach(Place(place.url, key, self._doors, place.county, place.day_file), self._client)

    def get(self, url: str, **parameters: Any) -> Any:
        """A JSON document."""
        return self._ask("GET", url, params=_stated(parameters)).json()

    def checks(self, url: str) -> dict[str, str]:
        """What a health route finds wrong, by check; raises Away when nobody answers."""
        import httpx

        try:
            said = self._client.get(url).json()
        except (httpx.TransportError, ValueError) as failed:
            raise Away(_away(url)) from failed
        checks = said.get("checks", {}) if isinstance(said, dict) else {}
        return {name: str(wrong) for name, wrong in checks.items() if wrong != "ok"}

    def lines(self, url: str, **parameters: Any) -> Iterator[str]:
        """NDJSON, one line after another as they come."""
        import httpx

        try:
            with self._client.stream("GET", url, params=_stated(parameters), headers=self._headers()) as answer:
                if answer.is_error:
                    answer.read()
                    raise _refusal(answer)
                yield from (line for line in answer.iter_lines() if line)
        except httpx.TransportError as failed:
            raise Away(_away(url)) from failed

    def post(self, url: str, body: Any = None, **parameters: Any) -> Any:
        """The JSON answer to a JSON document."""
        return self._ask("POST", url, json=body, params=_stated(parameters)).json()

    def send_file(self, url: str, name: str, content: bytes, **parameters: Any) -> Any:
        """The JSON answer to an uploaded file."""
        files = {"file": (name, content, "application/octet-stream")}
        return self._ask("POST", url, files=files, params=_stated(parameters)).json()

    def delete(self, url: str) -> Any:
        """The JSON answer, if there is one: nothing is left of it."""
        answer = self._ask("DELETE", url)
        return answer.json() if answer.content else None

    def _headers(self) -> dict[str, str]:
        key = {"Authorization": f"Bearer {self.place.key}"} if self.place.key else {}
        return key | ({OFFICER: quote(self._officer)} if self._officer else {})

    def _ask(self, method: str, url: str, **what: Any) -> "httpx.Response":
        import httpx

        try:
            answer = self._client.request(method, url, headers=self._headers(), **what)
        except httpx.TransportError as failed:
            raise Away(_away(url)) from failed
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            raise Away(_refusal(answer).sentence())
        if answer.is_error:
            raise _refusal(answer)
        return answer


def _stated(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if value not in (None, "", False)}


def _away(url: str) -> str:
    return f"连不上 {url}：服务没有运行，或地址不对"


def _refusal(answer: "httpx.Response") -> Refused:
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    return Refused(answer.status_code, problem if isinstance(problem, dict) else {})


def place_of(data: Path, url: str = "", key: str = "") -> Place:
    """Where to go: `--url`, else SHOUWANG_URL, else the instance in DIR; raises NoInstance."""
    if not url:
        from shouwang.cli.remote import remote

        said = remote()
        url, key = said.url, key or said.key
    if not url:
        place = Place.of(data)
        return replace(place, key=key or place.key)
    return Place(url.rstrip("/"), key)


@contextmanager
def reaching(place: Place) -> Iterator[Reach]:
    """The instance at a place, for as long as the block lasts."""
    import httpx

    with httpx.Client(timeout=SECONDS, trust_env=False) as client:
        reach = Reach(place, client)
        if not place.doors and not place.county:
            _find_door(reach, client)
        yield reach


def _find_door(reach: Reach, client: "httpx.Client") -> None:
    """A remote address may be an adapter itself: then its feeds are right there."""
    import httpx

    try:
        answer = client.get(f"{reach.place.url}/v1/feeds", headers=reach._headers())  # noqa: SLF001 (its own maker)
    except httpx.TransportError as failed:
        raise Away(_away(reach.place.url)) from failed
    if answer.status_code != httpx.codes.NOT_FOUND:
        reach._doors.update(dict.fromkeys(departments(), reach.place.url))  # noqa: SLF001


@contextmanager
def instance(data: Path, url: str = "", key: str = "") -> Iterator[Reach]:
    """The instance a command was told of; what goes wrong on the way ends the command with a sentence."""
    try:
        with reaching(place_of(data, url, key)) as reach:
            yield reach
    except NoInstance as nowhere:
        raise end(Exit.AWAY, str(nowhere)) from nowhere
    except Away as away:
        raise end(Exit.AWAY, str(away)) from away
    except Refused as refused:
        raise end(Exit.REFUSED, refused.sentence()) from refused


def departments() -> dict[str, str]:
    """Every department with its Chinese title."""
    from contracts.catalogue import TITLES

    return TITLES


def department_of(name: str) -> str:
    """A department's name, or the end of the command with the names there are."""
    if name not in departments():
        raise typer.BadParameter(f"没有部门 {name}；可用：{'、'.join(departments())}")
    return name


class Patience:
    """Asks again and again, quickly at first, until something is so or time is up."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._pause = 0.01

    def pause(self, waiting_for: str) -> None:
        """Wait a little longer than last time; raises Away when it has been long enough."""
        if time.monotonic() > self._until:
            raise Away(f"等待超时：{waiting_for}")
        time.sleep(self._pause)
        self._pause = min(self._pause * 1.5, 0.25)
