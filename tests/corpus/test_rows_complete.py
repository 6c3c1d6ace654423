"""Every row of the file matrix has a test that names it."""

import re
from pathlib import Path


def test_each_of_f1_to_f16_is_tested() -> None:
    written = "".join(file.read_text(encoding="utf-8") for file in Path(__file__).parent.glob("test_*.py"))
    found = {int(row) for row in re.findall(r"def test_f(\d+)_", written)}
    assert found == set(range(1, 17))
