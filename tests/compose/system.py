"""The whole system in containers, driven from outside: bring it up, reach it, kill parts of it, take it away."""

import json
import os
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from contracts.catalogue import DEPARTMENTS
from shouwang.cli.reach import Away, Place, Reach, Refused

TOP = Path(__file__).parents[2]
UP_SECONDS = 300
PATIENCE_SECONDS = 180.0
"""PostgreSQL and the broker are back within ten seconds of a kill; a restart that needs more is a fault."""


class Compose:
    """One compose project of this checkout, as a trial installation."""

    def __init__(self, project: str) -> None:
        self.project = project
        self._environment = {**os.environ, "COMPOSE_PROJECT_NAME": project, "SHOUWANG_TRIAL": "1"}

    def run(self, *arguments: str, timeout: float = UP_SECONDS, check: bool = True) -> str:
        """`docker compose ARGUMENTS`; returns what it printed."""
        done = subprocess.run(
            ["docker", "compose", *arguments],
            cwd=TOP,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if check and done.returncode:
            raise RuntimeError(f"docker compose {' '.join(arguments)}: {done.stderr[-2000:]}")
        return done.stdout

    def build(self) -> None:
        """Make the images of this checkout."""
        self.run("build", "--quiet", timeout=900)

    def up(self) -> float:
        """Start everything; returns the seconds until all of it was healthy."""
        began = time.monotonic()
        self.run("up", "--detach", "--no-build", "--wait")
        return time.monotonic() - began

    def down(self) -> None:
        """Take it away with its volumes."""
        self.run("down", "--volumes", "--timeout", "10", check=False)

    def states(self) -> dict[str, str]:
        """Health (or state) of every container by service."""
        rows = [json.loads(line) for line in self.run("ps", "--all", "--format", "json").splitlines()]
        return {row["Service"]: row["Health"] or f"{row['State']} {row['ExitCode']}" for row in rows}

    def logs(self, *services: str, lines: int = 60) -> str:
        """The last lines of some services' logs."""
        return self.run("logs", "--no-color", "--tail", str(lines), *services, check=False)

    def secret_file(self, name: str) -> str:
        """A file of the installation's volume, as text."""
        return self.run(
            "run", "--rm", "--no-deps", "--no-TTY", "--entrypoint", "cat", "shouwang", f"/secrets/var/{name}"
        )

    def kill(self, service: str) -> bool:
        """SIGKILL a service's first process, as a crash would and not as an operator does; False when it is down."""
        container = f"{self.project}-{service}-1"
        done = subprocess.run(
            ["docker", "inspect", "--format", "{{.State.Pid}}", container], capture_output=True, text=True, check=False
        )
        pid = int(done.stdout.strip() or 0)
        if pid <= 0:
            return False
        os.kill(pid, signal.SIGKILL)
        return True

    @contextmanager
    def reach(self) -> Iterator["Stubborn"]:
        """The services by their published ports, with the county's key."""
        said = json.loads(self.secret_file("instance.json"))
        doors = {department: f"http://127.0.0.1:{port}" for department, port in self.ports().items()}
        place = Place("http://127.0.0.1:8000", said["key"], doors, said["county"])
        with httpx.Client(timeout=30.0, trust_env=False) as client:
            yield Stubborn(place, client)

    @staticmethod
    def ports() -> Mapping[str, int]:
        """The published port of each department (docker-compose.yml; the policy test holds them distinct)."""
        return {department: 8001 + at for at, department in enumerate(DEPARTMENTS)}


class Stubborn(Reach):
    """A client as a bureau's should be: asks again while nobody answers, with the key that makes asking again safe."""

    def keyed(self, key: str) -> "Stubborn":
        """The same instance with another key."""
        other = Stubborn(Place(self.place.url, key, self.place.doors, self.place.county), self._client)
        other._doors = self._doors
        return other

    def send_file(self, url: str, name: str, content: bytes, **parameters: Any) -> Any:
        """One sending under one idempotency key, however often it must be said."""
        files = {"file": (name, content, "application/octet-stream")}
        headers = {**self._headers(), "Idempotency-Key": uuid.uuid4().hex}
        stated = {key: value for key, value in parameters.items() if value}
        return self._again(lambda: self._say(url, params=stated, files=files, headers=headers)).json()

    def _say(self, url: str, **what: Any) -> httpx.Response:
        try:
            answer = self._client.post(url, **what)
        except httpx.TransportError as failed:
            raise Away(url) from failed
        if answer.status_code >= 500:
            raise Away(answer.text[:500])
        if answer.is_error:
            raise Refused(answer.status_code, answer.json())
        return answer

    def _ask(self, method: str, url: str, **what: Any) -> httpx.Response:
        ask = super()._ask
        return self._again(lambda: ask(method, url, **what))

    @staticmethod
    def _again(ask: Callable[[], httpx.Response]) -> httpx.Response:
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return ask()
            except Away:
                if time.monotonic() > until:
                    raise
            except Refused as refused:
                if refused.status < 500 or time.monotonic() > until:
                    raise
            time.sleep(0.5)
