"""The loaded rulebook, and worked cases from outside the project, which must be pointed at."""

import os
from pathlib import Path

import pytest

from services.alerts.policy import Policy, load_rulebook

CASES = "SHOUWANG_CASES"
RULEBOOK = Path(__file__).parents[2] / "services" / "alerts" / "rulebook"


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--cases FILE`."""
    parser.addoption("--cases", default=None, help=f"JSONL of worked cases (or {CASES})")


@pytest.fixture(scope="session")
def policy() -> Policy:
    """The starting pack."""
    return load_rulebook(RULEBOOK)


@pytest.fixture(scope="session")
def cases_file(request: pytest.FixtureRequest) -> Path:
    """A file of worked cases, one JSON document a line."""
    given = request.config.getoption("--cases", default=None) or os.environ.get(CASES)
    if not given:
        pytest.skip(f"no worked cases: neither --cases nor {CASES} is given")
    return Path(given)
