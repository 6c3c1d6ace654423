"""Trust T24: however the same rows are cut, carried, ordered or encoded, they say the same words (at the door)."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.corpus import biff
from tests.corpus.door import HEAD, text
from tests.corpus.people import LOSSLESS, name, number
from tests.doors import COUNTY, Office, csv
from tests.unit.door.workbooks import workbook

MOMENTS = [*HEAD, "报送时间"]
FEED = "school_absence"


def rows(count: int = 24) -> list[list[Any]]:
    """Rows that are right, damaged, repeated, corrected and taken back."""
    rng = Random("T24")
    made = [[name(rng), number(rng), f"T{n}", "已辍学", "2026-06-01", f"2026-06-02 09:{n:02}"] for n in range(count)]
    made[3][1] = made[3][1][:15]
    made[5][3] = "不详"
    made[7] = [*made[6][:4], made[6][4], "2026-06-03 10:00"]
    made[9][4] = "26.6.1"
    made[11][1] = LOSSLESS[4](rng, made[11][1])
    return made


Send = Callable[[Office, list[list[Any]]], list[Any]]


def upload(make: Callable[[list[list[Any]]], bytes], suffix: str) -> Send:
    """As one file."""
    return lambda office, some: [office.file(FEED, f"a{suffix}", make([MOMENTS, *some]))]


def push(office: Office, some: list[list[Any]]) -> list[Any]:
    """As records."""
    return [office.records(FEED, [dict(zip(MOMENTS, row, strict=True)) for row in some])]


def split(office: Office, some: list[list[Any]]) -> list[Any]:
    """As five files, the last first."""
    parts = [some[n : n + 5] for n in range(0, len(some), 5)]
    return [office.file(FEED, "a.csv", text([MOMENTS, *part]).encode()) for part in reversed(parts)]


def permuted(office: Office, some: list[list[Any]]) -> list[Any]:
    """With its columns in another order, under other names, beside columns of no use."""
    heads = ["报送时间", "疑似辍学日期", "班主任", "状态", "台账编号", "公民身份号码", "姓 名"]
    turned = [[row[5], row[4], "x", row[3], row[2], row[1], row[0]] for row in some]
    return [office.file(FEED, "a.csv", text([heads, *turned]).encode())]


def drop(office: Office, some: list[list[Any]]) -> list[Any]:
    """Through the drop folder."""
    office.door.drop_once()
    file = office.folder / "drop" / "education" / FEED / "a.csv"
    file.write_bytes(text([MOMENTS, *some]).encode("gb18030"))
    office.door.drop_once()
    office.pass_seconds(3)
    assert office.door.drop_once() == 1
    return []


WAYS: dict[str, Send] = {
    "csv": upload(lambda rows: text(rows).encode(), ".csv"),
    "bom": upload(lambda rows: text(rows).encode("utf-8-sig"), ".csv"),
    "gb18030 tabs": upload(lambda rows: text(rows, "\t").encode("gb18030"), ".csv"),
    "utf-16": upload(lambda rows: text(rows).encode("utf-16"), ".csv"),
    "xlsx": upload(workbook, ".xlsx"),
    "xls": upload(lambda rows: biff.xls(biff.Sheet(rows)), ".xls"),
    "push": push,
    "split": split,
    "permuted": permuted,
    "drop": drop,
}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One county key for all ways, so that the same person has the same reference."""
    folder = tmp_path_factory.mktemp("keys")
    office = Office(folder, "education")
    office.keyring.identity(COUNTY.code)  # made when first asked for
    office.close()
    return folder / "keys"


def office_under(folder: Path, keys: Path) -> Office:
    """The education bureau, under the common key."""
    (folder / "keys").mkdir(mode=0o700)
    for file in keys.iterdir():
        if file.is_file():
            copy = folder / "keys" / file.name
            copy.touch(mode=0o600)
            copy.write_bytes(file.read_bytes())
    return Office(folder, "education", drop=True)


Outcome = tuple[set[tuple[str, ...]], list[tuple[str, ...]]]


def outcome(office: Office, way: str) -> Outcome:
    """What stands in the end, and the verdicts on rejected rows, whatever lines they stood on."""
    for answered in WAYS[way](office, rows()):
        office.settled(answered)
    while office.door.work_once():
        pass
    standing: dict[tuple[str, str], tuple[str, ...]] = {}
    for word in office.published():
        if word.type.endswith(f"{FEED}.v1"):
            about = (word.subject, word.fact)
            this = (word.op.value, word.asof.isoformat(), word.time.isoformat(), str(word.data))
            standing[about] = max(standing.get(about, ("",) * 4), this, key=lambda one: one[2])
    receipts = [office.receipt(one["receipt"]) for one in office.bureau.get("/v1/receipts").json()["receipts"]]
    verdicts = [(row["column"], row["reason"], row["kind"], row["hint"]) for one in receipts for row in one["rows"]]
    assert sum(one["received"] for one in receipts) == len(rows())
    return {(*about, *said) for about, said in standing.items()}, sorted(verdicts)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory, keys: Path) -> Outcome:
    """What a plain csv says."""
    office = office_under(tmp_path_factory.mktemp("csv"), keys)
    said = outcome(office, "csv")
    office.close()
    return said


@pytest.mark.parametrize("way", [way for way in WAYS if way != "csv"])
def test_t24_the_same_rows_say_the_same_however_they_come(
    tmp_path: Path, keys: Path, expected: Outcome, way: str
) -> None:
    office = office_under(tmp_path, keys)
    assert outcome(office, way) == expected
    assert (len(expected[0]), len(expected[1])) == (20, 3)
    office.close()


def test_t24_a_list_sent_twice_the_second_time_in_another_encoding_changes_nothing(tmp_path: Path) -> None:
    office = Office(tmp_path, "civil_affairs")
    lines = ["姓名,身份证号,户编号", *(f"{row[0]},{row[1]},W{n}" for n, row in enumerate(rows()[12:]))]
    assert office.settled(office.file("household_member", "a.csv", csv(*lines)))["accepted"] == 12
    again = office.settled(office.file("household_member", "b.csv", csv(*lines).decode().encode("gb18030")))
    assert (again["unchanged"], again["withdrawn"]) == (12, 0)
    office.close()
