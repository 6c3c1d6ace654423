"""An installation on the shared broker, new for every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.broker.broker import Broker
from tests.integration.workers import Site


@pytest.fixture
def site(broker: Broker, tmp_path: Path) -> Iterator[Site]:
    """Topics, schema, keys and county are there; no worker runs yet."""
    made = Site(broker.bootstrap, tmp_path, f"sqlite:///{tmp_path / 'alerts.db'}")
    made.prepare()
    yield made
    made.close()
