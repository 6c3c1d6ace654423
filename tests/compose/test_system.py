"""`docker compose up` is the whole system: healthy in time, confined, and of the same mind as embedded and oracle."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from shouwang.cli.day import settle
from shouwang.cli.reach import Reach
from shouwang.demo.calendar import Plan, pretend
from shouwang.demo.delivery import Delivered, Delivery
from shouwang.demo.play import bureaus
from tests.chaos.compose_kills import COUNTY, Outcome, collect, faults, flow, undisturbed
from tests.compose.system import Compose
from tests.compose.test_policy import ALWAYS, JOBS

pytestmark = [pytest.mark.compose, pytest.mark.docker, pytest.mark.timeout(900)]

HEALTHY_SECONDS = 90
"""Once images are there, on two cores (docs/design.md 14)."""


def is_close(word: Mapping[str, Any]) -> bool:
    """Every sending is closed by a word of its own, also one that says nothing new."""
    return str(word["type"]).endswith(".sending.v1")


@pytest.fixture(scope="module")
def compose() -> Iterator[Compose]:
    if subprocess.run(["docker", "info"], capture_output=True, check=False).returncode:
        pytest.skip("no Docker answers")
    compose = Compose("shouwang-smoke")
    compose.down()
    compose.build()
    yield compose
    compose.down()


@pytest.fixture(scope="module")
def healthy_after(compose: Compose) -> float:
    return compose.up()


@pytest.fixture(scope="module")
def plan() -> Plan:
    return pretend(3, 60, COUNTY)


@pytest.fixture(scope="module")
def reach(compose: Compose, healthy_after: float) -> Iterator[Reach]:
    with compose.reach() as reach:
        yield reach


@pytest.fixture(scope="module")
def delivered(reach: Reach, plan: Plan) -> list[Delivered]:
    return flow(Delivery(reach, bureaus(reach, COUNTY), COUNTY), plan)


@pytest.fixture(scope="module")
def outcome(reach: Reach, delivered: list[Delivered]) -> Outcome:
    return collect(reach, delivered)


def test_everything_is_healthy_in_time(compose: Compose, healthy_after: float) -> None:
    assert compose.states() == dict.fromkeys(ALWAYS, "healthy") | dict.fromkeys(JOBS, "exited 0")
    assert healthy_after <= HEALTHY_SECONDS


def test_nobody_runs_as_root_and_nothing_can_install(compose: Compose, healthy_after: float) -> None:
    for service in ALWAYS:
        rows = compose.run("top", service).splitlines()
        users = {row.split()[0] for row in rows if row.strip() and not row.startswith((compose.project, "UID"))}
        assert users, service
        assert "root" not in users, service
    for service in ("education", "vault", "alerts-worker"):
        tried = compose.run("exec", "--no-TTY", service, "python", "-c", "import pip", check=False, timeout=30)
        assert tried == ""
        found = compose.run("exec", "--no-TTY", service, "sh", "-c", "command -v pip uv gcc || true", timeout=30)
        assert found == ""


def test_compose_embedded_and_the_recomputation_agree(compose: Compose, plan: Plan, outcome: Outcome) -> None:
    calm = undisturbed(plan, compose.secret_file(f"keys/county-{COUNTY}.key"))
    assert list(faults(plan, outcome, calm)) == []
    assert outcome.alerts


def test_the_same_file_again_changes_nothing(reach: Reach, plan: Plan, outcome: Outcome) -> None:
    again = Delivery(reach, bureaus(reach, COUNTY), COUNTY).deliver(plan.sendings[-1])
    settle(reach, COUNTY)
    after = collect(reach, [again])
    assert [word for word in after.words if not is_close(word)] == [w for w in outcome.words if not is_close(w)]
    assert after.alerts == outcome.alerts


def test_the_commands_run_beside_it(compose: Compose, outcome: Outcome) -> None:
    lines = compose.run("run", "--rm", "--no-TTY", "shouwang", "alerts", "--json", "--suppressed").splitlines()
    assert len(lines) == len(outcome.alerts)


def test_a_restart_of_everything_loses_nothing(compose: Compose, reach: Reach, outcome: Outcome) -> None:
    before = collect(reach, [])
    compose.run("down", "--timeout", "10")
    compose.up()
    assert collect(reach, []) == before
    assert before.alerts == outcome.alerts


def test_references_are_given_to_the_operator_and_the_act_is_audited(compose: Compose, plan: Plan) -> None:
    code = plan.stories[0].home.code
    said = json.loads(compose.run("run", "--rm", "--no-TTY", "shouwang", "ref", "household", code))
    assert said["number"] == code
    assert said["ref"].startswith("h1")
    audited = compose.run(
        "exec", "--no-TTY", "postgres", "psql", "-U", "postgres", "-h", "/var/run/postgresql", "-d", "vault",
        "-At", "-c", "SELECT count(*) FROM audit WHERE action = 'vault.ref'",
    )  # fmt: skip
    assert int(audited) >= 1
