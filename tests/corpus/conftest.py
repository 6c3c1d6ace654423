"""One office for all the files of a module: a real door, its child, its receipts."""

from collections.abc import Iterator

import pytest

from tests.doors import Office


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The education bureau."""
    made = Office(tmp_path_factory.mktemp("office"), "education")
    yield made
    made.close()


@pytest.fixture(scope="module")
def civil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The civil affairs bureau."""
    made = Office(tmp_path_factory.mktemp("civil"), "civil_affairs")
    yield made
    made.close()
