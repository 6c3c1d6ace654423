"""What a worker is refused for at its start: one sentence with the remedy, exit 2."""

import subprocess
import sys

import pytest
from kafka import KafkaAdminClient

from contracts.topics import FACT_TOPICS, TOPICS, Topic
from shouwang.kit.database import open_database
from tests.integration.workers import ROOT, Site, Worker

pytestmark = pytest.mark.broker


def refused(worker: Worker, *arguments: str) -> tuple[int, str]:
    """Exit code and what was said by a start that ends."""
    ran = subprocess.run(
        [sys.executable, "-m", "services.alerts.worker", *arguments],
        env=worker.environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return ran.returncode, ran.stderr.strip().splitlines()[-1]


def test_a_missing_topic_is_refused(site: Site) -> None:
    site.forget_topics()
    code, said = refused(site.worker())
    assert code == 2
    assert said == (f"alerts worker: topic {TOPICS[0].name} is missing: run `python -m shouwang.kit.bus.topics`")


def test_another_number_of_partitions_is_refused(site: Site) -> None:
    site.forget_topics()
    name = FACT_TOPICS["health"]
    site.log.ensure([Topic(t.name, "", "", (), 12 if t.name == name else t.partitions) for t in TOPICS])
    code, said = refused(site.worker())
    assert code == 2
    assert f"topic {name} has 12 partitions, declared are 24" in said
    admin = KafkaAdminClient(bootstrap_servers=site.bootstrap)
    admin.delete_topics([name])
    admin.close()


def test_a_missing_secret_is_refused(site: Site) -> None:
    worker = site.worker()
    worker.environment["SHOUWANG_KEYS"] = str(site.folder / "no-keys")
    code, said = refused(worker)
    assert code == 2
    assert "no-keys" in said


def test_an_older_schema_is_refused(site: Site) -> None:
    worker = site.worker()
    worker.environment["SHOUWANG_DATABASE"] = f"sqlite:///{site.folder / 'empty.db'}"
    open_database(worker.environment["SHOUWANG_DATABASE"]).connect().close()
    code, said = refused(worker)
    assert code == 2
    assert "run `shouwang migrate`" in said


def test_missing_settings_are_named_and_check_config_says_when_all_are_there(site: Site) -> None:
    worker = site.worker()
    assert refused(worker, "--check-config") == (0, "WorkerSettings: all settings are there")
    del worker.environment["SHOUWANG_DATABASE"]
    code, said = refused(worker, "--check-config")
    assert code == 2
    assert said.startswith("SHOUWANG_DATABASE: ")
