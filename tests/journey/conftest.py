"""An embedded instance in a temporary folder on a free port, for journeys from push to alert."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shouwang.standalone.installation import Installation
from shouwang.standalone.serve import Standalone


@pytest.fixture
def standalone(tmp_path: Path) -> Iterator[Standalone]:
    """A running instance; its folder is `standalone.installation.folder`, its address `standalone.url`."""
    with Standalone(Installation(tmp_path / "var"), port=0, quiet=True) as running:
        yield running
