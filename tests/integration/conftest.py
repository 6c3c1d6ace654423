"""An installation on the shared broker, new for every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import postgres
from tests.broker.broker import Broker
from tests.integration.workers import Site


@pytest.fixture
def postgres_site(broker: Broker, tmp_path: Path) -> Iterator[Site]:
    """The same with PostgreSQL."""
    try:
        with postgres.server() as server, postgres.database(server) as url:
            made = Site(broker.bootstrap, tmp_path, url)
            made.prepare()
            yield made
            made.close()
    except postgres.NoPostgres as reason:
        pytest.skip(str(reason))


@pytest.fixture
def site(broker: Broker, tmp_path: Path) -> Iterator[Site]:
    """Topics, schema, keys and county are there; no worker runs yet."""
    made = Site(broker.bootstrap, tmp_path, f"sqlite:///{tmp_path / 'alerts.db'}")
    made.prepare()
    yield made
    made.close()
