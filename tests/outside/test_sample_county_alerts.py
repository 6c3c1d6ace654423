"""A sample county whole: files through the real doors, days turned; the alerts that stand must be those named."""

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest

from contracts.catalogue import DEPARTMENTS
from contracts.topics import facts_topic, partition_of
from services.alerts.worker.stages import Stages
from shouwang.kit.bus.local import LocalLog
from shouwang.kit.clock import SHANGHAI, FixedClock
from shouwang.kit.identity import Identity
from tests.doors import COUNTY, Office
from tests.oracle import differences, standing_alerts
from tests.stores import BreakingStore, OpenSeals, empty_sqlite, entries, lines, live_rulebook

Line = dict[str, Any]
PARTITION = partition_of(COUNTY.number)
ID_NUMBER = 18


def read(file: Path) -> list[Line]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


class Standing:
    """The county as it stood at the end of one day: what the system says, and what a plain recomputation does."""

    def __init__(self, store: BreakingStore, day: date) -> None:
        self.lines = lines(store)
        self.recomputed = differences(standing_alerts(entries(store), day), self.lines)


class County:
    """All doors of one county, and a worker that reads what they publish."""

    def __init__(self, folder: Path, store: BreakingStore) -> None:
        self.clock = FixedClock(datetime(2025, 6, 1, 8, tzinfo=SHANGHAI))
        self.log = LocalLog(folder / "log.db", durable=False)
        self.offices = {name: Office(folder, name, clock=self.clock, log=self.log) for name in DEPARTMENTS}
        self.clock.turn(COUNTY.code, date(2025, 6, 1))
        self.store = store
        self.worker = Stages(store, live_rulebook(), {COUNTY.code: COUNTY}, OpenSeals(), self.clock)

    @property
    def identity(self) -> Identity:
        """What its references are made with."""
        return self.offices["education"].keyring.identity(COUNTY.code)

    def send(self, entry: Line, file: Path) -> None:
        """Push one file on the day it was sent."""
        self.turn_clock(date.fromisoformat(entry["sent"]))
        asked = {"as_of": entry["as_of"], "shape": entry["shape"]}
        office = self.offices[entry["department"]]
        office.settled(office.file(entry["feed"], file.name, file.read_bytes(), **asked))

    def turn(self, day: date) -> Standing:
        """Judge everything sent so far, and turn the day."""
        self.turn_clock(day)
        for name, office in self.offices.items():
            while office.door.relay_once():
                pass
            self._read(self.worker, facts_topic(name))
        self.worker.turn_day(COUNTY.code, day)
        return Standing(self.store, day)

    def turn_clock(self, day: date) -> None:
        """The day, for the doors."""
        self.clock.set(max(datetime.combine(day, time(8), SHANGHAI), self.clock.now()))
        self.clock.turn(COUNTY.code, day)

    def _read(self, worker: Stages, topic: str) -> None:
        while (batch := self.log.read(topic, PARTITION, worker.positions(PARTITION).get(topic, 0), 2000)).records:
            worker.process(batch)

    def close(self) -> None:
        """Let go of everything."""
        for office in self.offices.values():
            office.close()
        self.log.close()


@pytest.fixture(scope="module")
def named(sample_county: Path) -> list[Line]:
    return read(sample_county / "alerts.jsonl")


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[County]:
    with empty_sqlite() as store:
        county = County(tmp_path_factory.mktemp("county"), store)
        yield county
        county.close()


@pytest.fixture(scope="module")
def standing(sample_county: Path, named: list[Line], county: County) -> dict[str, Standing]:
    files, found = read(sample_county / "manifest.jsonl"), {}
    for day in sorted({line["day"] for line in named}):
        while files and files[0]["sent"] <= day:
            entry = files.pop(0)
            county.send(entry, sample_county / entry["path"])
        found[day] = county.turn(date.fromisoformat(day))
    return found


def reference(identity: Identity, number: str, kind: str = "") -> str:
    """What stands in our alerts for a number in clear."""
    if kind == "village" or (len(number) == len("532927102201") and number.startswith(COUNTY.code)):
        return number
    return identity.person(number) if len(number) == ID_NUMBER else identity.household(number)


def wanted(line: Line, identity: Identity) -> Line:
    signals = sorted([id_, reference(identity, whose)] for id_, whose in line["signals"])
    return {
        "subject": reference(identity, line["subject"], line["kind"]),
        **{name: line[name] for name in ("rule", "village", "level", "suppressed")},
        "signals": signals,
    }


def got(line: Mapping[str, Any]) -> Line:
    return {
        **{name: line[name] for name in ("subject", "rule", "village", "level", "suppressed")},
        "signals": sorted([one["id"], one["subject"]] for one in line["signals"]),
    }


def as_text(lines_: list[Line]) -> set[str]:
    return {json.dumps(line, ensure_ascii=False, sort_keys=True) for line in lines_}


def test_on_every_named_day_just_the_named_alerts_stand_on_the_named_evidence(
    named: list[Line], standing: dict[str, Standing], county: County
) -> None:
    wrong = []
    for day, found in standing.items():
        want = as_text([wanted(line, county.identity) for line in named if line["day"] == day])
        have = as_text([got(line) for line in found.lines])
        wrong += [f"{day} missing {one}" for one in sorted(want - have)]
        wrong += [f"{day} unexpected {one}" for one in sorted(have - want)]
    assert named
    assert not wrong, f"{len(wrong)} differences over {len(named)} lines:\n" + "\n".join(wrong)


def test_on_every_named_day_the_plain_recomputation_over_our_words_says_the_same(standing: dict[str, Standing]) -> None:
    wrong = [f"{day}: {said}" for day, found in standing.items() for said in found.recomputed]
    assert not wrong, "\n".join(wrong)
