"""The files a sample county's bureaus send, through the real doors: every receipt must agree with the manifest."""

import json
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest

from contracts.catalogue import DEPARTMENTS, FACTS
from shouwang.kit.clock import SHANGHAI, FixedClock
from tests.doors import COUNTY, Office

Entry = dict[str, Any]


@pytest.fixture(scope="module")
def entries(sample_county: Path) -> list[Entry]:
    lines = (sample_county / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    return [entry for entry in map(json.loads, lines) if entry["type"] in FACTS]


@pytest.fixture(scope="module")
def clock() -> FixedClock:
    return FixedClock(datetime(2025, 6, 1, 8, tzinfo=SHANGHAI))


@pytest.fixture(scope="module")
def offices(tmp_path_factory: pytest.TempPathFactory, clock: FixedClock) -> Iterator[dict[str, Office]]:
    folder = tmp_path_factory.mktemp("county")
    offices = {department: Office(folder / department, department, clock=clock) for department in DEPARTMENTS}
    yield offices
    for office in offices.values():
        office.close()


@pytest.fixture(scope="module")
def receipts(
    sample_county: Path, entries: list[Entry], offices: dict[str, Office], clock: FixedClock
) -> dict[int, dict[str, Any]]:
    found = {}
    for entry in entries:
        day = date.fromisoformat(entry["sent"])
        clock.set(max(datetime.combine(day, time(8), SHANGHAI), clock.now()))
        clock.turn(COUNTY.code, day)
        office, file = offices[entry["department"]], sample_county / entry["path"]
        asked = {"as_of": entry["as_of"], "shape": entry["shape"]}
        found[entry["no"]] = office.settled(office.file(entry["feed"], file.name, file.read_bytes(), **asked))
    return found


def differences(entry: Entry, receipt: dict[str, Any]) -> list[str]:
    """What a receipt says otherwise than the manifest."""
    wanted = {**entry["expect"], "withdrawn": entry["withdrawn"], "doubtful": entry["doubtful"]}
    wrong = [f"{name}: {receipt[name]}, wanted {count}" for name, count in wanted.items() if receipt[name] != count]
    state = "held" if entry["held"] else "done"
    if receipt["state"] != state:
        wrong.append(f"state: {receipt['state']} ({receipt['rows'][:1]}), wanted {state}")
    if entry["held"]:
        return wrong
    rows = {row["line"]: row["reason"] for row in receipt["rows"]}
    wanted_rows = {row["line"]: row["reason"] for row in entry["rejected"]}
    wrong += [
        f"line {line}: {rows.get(line)}, wanted {wanted_rows.get(line)}"
        for line in sorted(rows.keys() | wanted_rows.keys())
        if rows.get(line) not in (wanted_rows.get(line) or ())
    ]
    return wrong


def test_every_receipt_agrees_with_the_manifest(entries: list[Entry], receipts: dict[int, dict[str, Any]]) -> None:
    wrong = {entry["path"]: differences(entry, receipts[entry["no"]]) for entry in entries}
    named = [f"{path}: {'; '.join(said)}" for path, said in wrong.items() if said]
    assert not named, f"{len(named)} of {len(entries)} receipts differ:\n" + "\n".join(named)
    assert len(entries) == len(receipts) > 0


def test_every_published_number_follows_the_one_before(
    receipts: dict[int, dict[str, Any]], offices: dict[str, Office]
) -> None:
    assert receipts
    for office in offices.values():
        seqs = [envelope.seq for envelope in office.published()]
        assert seqs == list(range(1, len(seqs) + 1))


def test_the_same_files_again_change_nothing(
    sample_county: Path, entries: list[Entry], receipts: dict[int, dict[str, Any]], offices: dict[str, Office]
) -> None:
    before = {department: len(office.published()) for department, office in offices.items()}
    for entry in entries:
        if entry["held"]:
            continue
        office, file = offices[entry["department"]], sample_county / entry["path"]
        asked = {"as_of": entry["as_of"], "shape": entry["shape"]}
        again = office.settled(office.file(entry["feed"], file.name, file.read_bytes(), **asked))
        assert again["duplicate"] == again["received"] == receipts[entry["no"]]["received"], entry["path"]
    for department, office in offices.items():
        said = [one for one in office.published()[before[department] :] if not one.type.endswith(".sending.v1")]
        assert said == [], department
