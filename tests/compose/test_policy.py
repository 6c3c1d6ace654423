"""What docker-compose.yml promises of every service, read off the file itself; needs no Docker."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.catalogue import DEPARTMENTS
from deploy.shares import DATABASES, SHARES

TOP = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((TOP / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
BY_HAND = {"services.alerts.store"}
"""Not a process: the remedy when a topic was replaced, run once."""
JOBS = {"secrets", "migrate", "topics"}
TOOLS = {name for name, service in SERVICES.items() if {"tools", "backup"} & set(service.get("profiles", ()))}
FRONT = {"tls"}
"""What stands before the others with the county's certificate, where the profile `tls` is asked for."""
LASTING = sorted(set(SERVICES) - JOBS - TOOLS)
ALWAYS = sorted(set(LASTING) - FRONT)
"""What runs without any profile."""
RUNS = {f"services.{department}" for department in DEPARTMENTS} | {
    "services.vault",
    "services.alerts.worker",
    "services.alerts.web",
}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_nobody_on_a_read_only_disk_and_can_gain_nothing(name: str) -> None:
    service = SERVICES[name]
    user = str(service["user"])
    assert user.partition(":")[0] not in {"", "0", "root"}
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert "cap_add" not in service


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_limits_and_its_log_turns_over(name: str) -> None:
    service = SERVICES[name]
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert set(service["logging"]["options"]) == {"max-size", "max-file"}


@pytest.mark.parametrize("name", LASTING)
def test_what_stays_up_comes_back_by_itself_and_proves_that_it_works(name: str) -> None:
    service = SERVICES[name]
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] == "CMD"
    assert service["stop_grace_period"]


@pytest.mark.parametrize("name", sorted(set(SERVICES) - FRONT))
def test_a_port_is_published_on_this_machine_only(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", ()))


@pytest.mark.parametrize("name", SERVICES)
def test_no_secret_is_in_an_environment(name: str) -> None:
    for key, value in SERVICES[name].get("environment", {}).items():
        if any(word in key for word in ("PASSWORD", "SECRET", "TOKEN", "URL", "KEY")):
            # A path to the secret, or an address that holds none.
            assert str(value).startswith(("/run/secrets", "http://")), key
            assert "@" not in str(value), key


@pytest.mark.parametrize("name", SERVICES)
def test_an_image_is_named_so_that_it_can_be_carried_without_a_network(name: str) -> None:
    image = SERVICES[name]["image"]
    assert ":" in image
    assert "@" not in image
    assert not image.endswith(":latest")


def test_only_what_is_published_is_on_the_edge_and_the_inside_has_no_way_out() -> None:
    assert COMPOSE["networks"]["inside"]["internal"] is True
    on_edge = {name for name in LASTING if "edge" in SERVICES[name]["networks"]}
    assert on_edge == {name for name in LASTING if SERVICES[name].get("ports")}
    assert on_edge == {*DEPARTMENTS, "alerts-web", *FRONT}


def test_the_front_meets_only_those_it_stands_before_and_only_it_is_believed() -> None:
    before = {name for name, service in SERVICES.items() if "front" in service.get("networks", ())}
    assert before == {*DEPARTMENTS, "alerts-web", *FRONT}
    assert COMPOSE["networks"]["front"]["internal"] is True
    (subnet,) = (one["subnet"] for one in COMPOSE["networks"]["front"]["ipam"]["config"])
    assert {SERVICES[name]["environment"]["SHOUWANG_FRONT"] for name in before - FRONT} == {subnet}
    front = (TOP / "deploy" / "front.conf").read_text(encoding="utf-8")
    assert f"({'|'.join(DEPARTMENTS)})" in front
    assert "access_log off" in front
    assert "return 404" in front


def test_every_process_has_a_block_and_every_block_a_process() -> None:
    commands = {name: SERVICES[name].get("command", []) for name in LASTING}
    run = {command[2] for command in commands.values() if command[:2] == ["python", "-m"]}
    assert run == RUNS
    mains = {".".join(path.relative_to(TOP).parent.parts) for path in (TOP / "services").rglob("__main__.py")}
    assert mains == RUNS | BY_HAND


def test_each_department_has_a_port_of_its_own() -> None:
    ports = [SERVICES[department]["ports"][0] for department in DEPARTMENTS]
    assert len(set(ports)) == len(DEPARTMENTS)
    assert all(
        port.rpartition(":")[2] == SERVICES[DEPARTMENT]["environment"]["SHOUWANG_PORT"]
        for DEPARTMENT, port in zip(DEPARTMENTS, ports, strict=True)
    )


def test_a_process_mounts_the_secrets_of_its_own_and_no_others() -> None:
    mounted = {
        name: {volume.split(":")[0] for volume in SERVICES[name].get("volumes", ()) if "/run/secrets" in volume}
        for name in LASTING
    }
    assert {name: volumes for name, volumes in mounted.items() if volumes} == {
        **{department: {f"secrets-{department}"} for department in DEPARTMENTS},
        "vault": {"secrets-vault"},
        "postgres": {"secrets-postgres"},
        "alerts-worker": {"secrets-alerts"},
        "alerts-web": {"secrets-alerts"},
    }


def test_the_secrets_job_fills_every_share_and_the_image_has_its_folder() -> None:
    filled = {volume.split(":")[1].removeprefix("/secrets/") for volume in SERVICES["secrets"]["volumes"]}
    assert filled == {*SHARES, "installation", "migrate", "postgres"}
    dockerfile = (TOP / "Dockerfile").read_text(encoding="utf-8")
    assert "from contracts.catalogue import DEPARTMENTS" in dockerfile  # the folders of the departments
    others = filled - DEPARTMENTS.keys()
    assert all(f" {name}" in dockerfile or f"/secrets/{name}" in dockerfile for name in others)


def test_alerts_and_the_vault_hold_no_county_key() -> None:
    assert {name for name, share in SHARES.items() if share.counties} == set(DEPARTMENTS)
    assert set(DATABASES) == set(SHARES)


def test_volumes_are_declared_and_used() -> None:
    used = {
        volume.split(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", ())
        if not volume.startswith((".", "$"))
    }
    assert used == set(COMPOSE["volumes"])


def test_a_service_starts_when_what_it_needs_is_done_or_healthy() -> None:
    for name in LASTING:
        needs = SERVICES[name].get("depends_on", {})
        for other, condition in needs.items():
            wanted = "service_completed_successfully" if other in JOBS else "service_healthy"
            assert condition["condition"] == wanted, (name, other)
    assert {"secrets", "migrate", "topics"} <= set(SERVICES["alerts-worker"]["depends_on"])
