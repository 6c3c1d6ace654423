"""Trust F15 in the drop folder: nothing is taken half, whatever its writer does."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.corpus.door import Roll, text
from tests.doors import Office
from tests.unit.door.workbooks import workbook

WHOLE = text(Roll("drop", 40).table).encode()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """The education bureau with a drop folder."""
    made = Office(tmp_path, "education", drop=True)
    made.door.drop_once()
    yield made
    made.close()


@pytest.fixture
def folder(office: Office) -> Path:
    """Where the files are put."""
    return office.folder / "drop" / "education" / "school_absence"


def looks(office: Office, *seconds: float) -> int:
    """Look once, and again after each of these pauses."""
    taken = office.door.drop_once()
    for pause in seconds:
        office.pass_seconds(pause)
        taken += office.door.drop_once()
    return taken


def receipt(folder: Path, name: str) -> dict[str, Any]:
    """The receipt beside a file."""
    said: dict[str, Any] = json.loads((folder / f"{name}.receipt.json").read_text(encoding="utf-8"))
    return said


def test_f15_a_file_that_grows_is_taken_once_and_whole(office: Office, folder: Path) -> None:
    with (folder / "六月.csv").open("wb") as growing:
        for start in range(0, len(WHOLE), 500):
            growing.write(WHOLE[start : start + 500])
            growing.flush()
            assert looks(office, 1) == 0
    assert looks(office, 3) == 1
    while office.door.work_once():
        pass
    looks(office)
    assert receipt(folder, "六月.csv")["received"] == 40


def test_f15_a_workbook_whose_writer_pauses_is_not_refused_at_once(office: Office, folder: Path) -> None:
    content = workbook(Roll("slow", 40).table)
    (folder / "六月.xlsx").write_bytes(content[:-100])
    assert looks(office, 3, 10, 10) == 0
    (folder / "六月.xlsx").write_bytes(content)
    assert looks(office, 3) == 1
    assert receipt(folder, "六月.xlsx")["state"] == "working"


def test_f15_one_that_stays_broken_is_refused_after_half_a_minute(office: Office, folder: Path) -> None:
    (folder / "六月.xlsx").write_bytes(workbook(Roll("cut", 40).table)[:-100])
    assert looks(office, 20, 20) == 1
    assert (folder / "refused" / "六月.xlsx").exists()
    assert receipt(folder, "六月.xlsx")["rows"][0]["reason"] == "file_unreadable"


def test_f15_with_a_side_file_no_other_bytes_are_taken(office: Office, folder: Path) -> None:
    side = folder / "六月.csv.sha256"
    side.write_text(f"{hashlib.sha256(WHOLE).hexdigest()}  六月.csv\n", encoding="utf-8")
    (folder / "六月.csv").write_bytes(WHOLE[:-40])
    assert looks(office, 3, 10) == 0
    (folder / "六月.csv").write_bytes(WHOLE)
    assert looks(office, 3) == 1
    assert receipt(folder, "六月.csv")["state"] == "working"
    assert not side.exists()


def test_f15_bytes_that_never_match_their_side_file_are_refused(office: Office, folder: Path) -> None:
    (folder / "六月.csv.sha256").write_text("0" * 64, encoding="utf-8")
    (folder / "六月.csv").write_bytes(WHOLE)
    assert looks(office, 20, 20) == 1
    assert "校验" in receipt(folder, "六月.csv")["rows"][0]["hint"]
