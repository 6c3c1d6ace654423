"""The two stores of alerts behind one fixture: what is true of one is true of the other."""

from collections.abc import Iterator

import pytest

from services.alerts.store import MIGRATIONS
from shouwang.kit.database import open_database, upgrade
from tests import postgres
from tests.stores import BreakingStore, empty_sqlite, opened


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL server for the whole run; without one the tests that ask are skipped."""
    try:
        with postgres.server() as url:
            yield url
    except postgres.NoPostgres as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def alerts_template(postgres_server: str) -> Iterator[str]:
    """A database with the schema, to be copied: a tenth of the time of migrating anew."""
    with postgres.database(postgres_server) as url:
        engine = open_database(url)
        upgrade(engine, MIGRATIONS)
        engine.dispose()
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest) -> Iterator[BreakingStore]:
    """An empty alerts database of one kind, then of the other."""
    if request.param == "sqlite":
        with empty_sqlite() as made:
            yield made
        return
    template = request.getfixturevalue("alerts_template")
    server = request.getfixturevalue("postgres_server")
    with postgres.database(server, template=template) as url, opened(url) as made:
        yield made
