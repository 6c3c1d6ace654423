"""The drop folder: a complete file is taken once and leaves its receipt; what cannot be read is set aside."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.doors import Office, csv

LIST = csv("姓名,身份证号,台账编号,状态", "赵一,532927201405120010,T1,已辍学")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path, "education", drop=True)
    yield made
    made.close()


@pytest.fixture
def folder(office: Office) -> Path:
    office.door.drop_once()
    return office.folder / "drop" / "education" / "school_absence"


def look(office: Office) -> int:
    """Look twice, with time enough between for a file to be seen to stand still."""
    first = office.door.drop_once()
    office.pass_seconds(3)
    return first + office.door.drop_once()


def receipt(folder: Path, name: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((folder / f"{name}.receipt.json").read_text(encoding="utf-8"))
    return said


def test_a_complete_file_is_taken_and_leaves_its_receipt(office: Office, folder: Path) -> None:
    (folder / "六月.csv").write_bytes(LIST)
    assert look(office) == 1
    assert not (folder / "六月.csv").exists()
    assert receipt(folder, "六月.csv")["state"] == "working"
    while office.door.work_once():
        pass
    look(office)
    said = receipt(folder, "六月.csv")
    assert (said["state"], said["received"]) == ("done", 1)
    assert office.receipt(said["receipt"]) == said


def test_a_file_still_being_written_is_left_alone(office: Office, folder: Path) -> None:
    file = folder / "六月.csv"
    for part in range(1, 4):
        file.write_bytes(LIST[: 10 * part])
        assert office.door.drop_once() == 0
        office.pass_seconds(1)
    assert file.exists()


def test_a_file_that_cannot_be_read_is_set_aside_with_a_receipt(office: Office, folder: Path) -> None:
    (folder / "名单.xls").write_bytes(b"<html><table></table></html>")
    assert look(office) == 1
    assert (folder / "refused" / "名单.xls").exists()
    assert receipt(folder, "名单.xls")["rows"][0]["reason"] == "file_kind"
    assert not office.door.work_once()


def test_other_names_hidden_files_and_links_are_none_of_ours(office: Office, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.csv").write_bytes(LIST)
    for name in (".六月.csv", "~$六月.xlsx", "六月.txt", "六月.csv.part"):
        (folder / name).write_bytes(LIST)
    (folder / "link.csv").symlink_to(tmp_path / "outside.csv")
    assert look(office) == 0


def test_a_file_taken_before_a_crash_is_not_taken_twice(office: Office, folder: Path) -> None:
    file = folder / "六月.csv"
    file.write_bytes(LIST)
    stamp = file.stat().st_mtime_ns
    look(office)
    # The process died between the inbox's commit and the removal of the file.
    file.write_bytes(LIST)
    import os

    os.utime(file, ns=(stamp, stamp))
    first = receipt(folder, "六月.csv")["receipt"]
    look(office)
    assert receipt(folder, "六月.csv")["receipt"] == first
    assert len(office.bureau.get("/v1/receipts").json()["receipts"]) == 1
