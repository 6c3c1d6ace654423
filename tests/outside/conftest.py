"""Suites over material from outside the project, which must be pointed at."""

import os
from pathlib import Path

import pytest

SAMPLE_COUNTY = "SHOUWANG_SAMPLE_COUNTY"


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--sample-county DIR`."""
    parser.addoption("--sample-county", default=None, help=f"folder of a sample county (or {SAMPLE_COUNTY})")


@pytest.fixture(scope="session")
def sample_county(request: pytest.FixtureRequest) -> Path:
    """The folder with `manifest.jsonl` and the files it names."""
    given = request.config.getoption("--sample-county") or os.environ.get(SAMPLE_COUNTY)
    if not given:
        pytest.skip(f"no sample county: neither --sample-county nor {SAMPLE_COUNTY} is given")
    return Path(given)
