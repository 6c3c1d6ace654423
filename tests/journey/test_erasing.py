"""A person erased is in no database, no topic and no restored backup; only the audit chain knows the reference."""

import json
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.vault.keeper import VaultStore
from shouwang.backup.rejoining import rejoin
from shouwang.backup.restoring import restore
from shouwang.backup.taking import backup
from shouwang.cli.commands import app
from shouwang.cli.day import settle, turn
from shouwang.cli.push import send
from shouwang.cli.reach import Patience, Place, reaching
from shouwang.demo.names import Registry
from shouwang.kit.bus.local import LocalLog
from shouwang.kit.clock import SystemClock
from shouwang.standalone.chains import verify
from shouwang.standalone.erasing import waits
from shouwang.standalone.installation import Installation
from shouwang.standalone.serve import Standalone

COUNTY = "532927"
KEPT = ("audit", "audit_seen", "erasures")
"""What may go on knowing that there was such a reference: who saw it, and that it was erased."""


@pytest.fixture(scope="module")
def people() -> tuple[str, str]:
    """The numbers of a father and a child."""
    from random import Random

    registry = Registry(Random(3), COUNTY)
    return registry.number(date(1980, 3, 1), "男"), registry.number(date(2014, 3, 1), "男")


def tell(folder: Path, people: tuple[str, str]) -> None:
    """The household of both, the father without work, the child out of school."""
    father, child = people
    roster = "姓名,身份证号,户编号,村代码,与户主关系,生效日期,变动\n" + "".join(
        f"{name},{number},HH-1,532927102201,{relation},2020-01-01,在户\n"
        for name, number, relation in (("赵金丝", father, "户主"), ("赵小丝", child, "长子"))
    )
    sent = {
        ("civil_affairs", "household_member"): roster,
        (
            "human_resources",
            "unemployment",
        ): f"姓名,身份证号,登记编号,失业日期,状态\n赵金丝,{father},S1,2026-05-01,失业\n",
        (
            "education",
            "school_absence",
        ): f"姓名,身份证号,台账编号,发现日期,状态\n赵小丝,{child},T1,2026-06-01,疑似辍学\n",
    }
    with reaching(Place.of(folder)) as reach:
        reach.post(reach.api("day"), {"county": COUNTY, "day": "2026-06-14"})
        for (department, feed), text in sent.items():
            said = send(reach, department, feed, "x.csv", text.encode(), as_of="2026-06-02")
            assert said["rejected"] == 0, said
        turn(reach, date(2026, 6, 15))


def rules(folder: Path) -> set[str]:
    """Rules whose alerts stand."""
    with reaching(Place.of(folder)) as reach:
        settle(reach, COUNTY)
        return {json.loads(line)["rule"] for line in reach.lines(reach.api("alerts"))}


def wait_until_erased(installation: Installation) -> None:
    """Until the worker has forgotten everybody who is to be erased."""
    patience = Patience(60)
    while any(waits(installation, request) for request in (1, 2)):
        patience.pause("erasures")


def naming(folder: Path, ref: str) -> list[str]:
    """Tables in which a reference stands, the log's included."""
    found = []
    for file in sorted(folder.glob("*.db")):
        with closing(sqlite3.connect(file)) as connection:
            tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in tables:
                rows = connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 (its own names)
                text = b"\n".join(
                    cell if isinstance(cell, bytes) else str(cell).encode() for row in rows for cell in row
                )
                if ref.encode() in text and table not in KEPT:
                    found.append(f"{file.stem}.{table}")
    return found


def known(installation: Installation, ref: str) -> bool:
    """Whether the vault can name a reference."""
    engine, keys = installation.database("vault"), installation.keys()
    vault = VaultStore(engine, keys.sealer("vault"), installation.audit("vault", keys))
    said = vault.unmask(COUNTY, ref, actor="test", reason="信息核对")
    engine.dispose()
    return bool(said)


def test_an_erased_person_is_in_no_database_no_topic_and_no_restored_backup(
    tmp_path: Path, people: tuple[str, str]
) -> None:
    installation, clock = Installation(tmp_path / "var"), SystemClock()
    folder, kept = installation.folder, tmp_path / "backup"
    with Standalone(installation, port=0, quiet=True):
        tell(folder, people)
        assert "schooling_after_income_loss" in rules(folder)
        backup(installation, kept, clock.now())
        child = installation.keys().identity(COUNTY).person(people[1])
        assert known(installation, child)
        ran = CliRunner().invoke(app, ["erase", people[1], "--reason", "本人申请", "--data", str(folder)])
        assert ran.exit_code == 0, ran.output
        assert rules(folder) == {"livelihood"}
    assert naming(folder, child) == []
    assert not known(installation, child)

    restore(installation, kept, clock.now(), replace=True)
    rejoin(installation, log := LocalLog(installation.log))
    log.close()
    assert not known(installation, child)
    with Standalone(installation, port=0, quiet=True):
        wait_until_erased(installation)
        assert rules(folder) == {"livelihood"}
    assert naming(folder, child) == []
    assert {name for name, one in verify(installation) if one.broken_at} == set()


def test_nobody_is_erased_without_a_ground(tmp_path: Path, people: tuple[str, str]) -> None:
    ran = CliRunner().invoke(app, ["erase", people[1], "--reason", " ", "--data", str(tmp_path)])
    assert ran.exit_code == 2
