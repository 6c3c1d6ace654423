"""One closing line for the whole run: what could not run here, and why; and the real broker that tests share."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.broker.broker import Broker


def _reason(report: pytest.TestReport) -> str:
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """Says in the very last line what was skipped, counted by reason: a short run is never mistaken for a whole one."""
    yield
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(session.config, "workerinput"):
        return
    reasons = Counter(_reason(report) for report in reporter.getreports("skipped"))
    said = "; ".join(f"{count} × {reason}" for reason, count in reasons.most_common())
    reporter.write_line(f"not run here: {said}" if said else "everything selected ran")


def pytest_configure() -> None:
    """Where this machine is itself a container, testcontainers would look for its servers at the bridge's address."""
    if Path("/.dockerenv").exists():
        os.environ.setdefault("TESTCONTAINERS_CONNECTION_MODE", "docker_host")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One process runs all tests of a file, and of a real server: a second broker costs more than it gains."""
    for item in items:
        server = next((name for name in ("broker", "postgres") if item.get_closest_marker(name)), None)
        item.add_marker(pytest.mark.xdist_group(server or str(item.path)))


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Broker"]:
    """A real Kafka broker, started when first asked for; without a way to one the tests that ask are skipped."""
    from tests.broker.broker import NoBroker
    from tests.broker.find import find_broker

    try:
        found = find_broker(tmp_path_factory.mktemp("broker"))
    except NoBroker as reason:
        pytest.skip(f"no Kafka broker: {reason}")
    yield found
    found.close()
