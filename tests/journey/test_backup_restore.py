"""R9: backup, everything lost, restored, sent again: the same alerts; on both databases, with the log kept or lost."""

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect

from shouwang.backup.manifest import NotABackup
from shouwang.backup.rejoining import Rejoined, rejoin
from shouwang.backup.restoring import restore
from shouwang.backup.taking import backup, backup_keys
from shouwang.cli.reach import Place, reaching
from shouwang.demo.calendar import Plan, pretend
from shouwang.demo.delivery import Delivery
from shouwang.demo.play import bureaus
from shouwang.kit.bus.local import LocalLog
from shouwang.kit.clock import SystemClock
from shouwang.kit.keys import KeyRing, MissingKey
from shouwang.standalone.chains import verify
from shouwang.standalone.installation import Busy, Installation, schemas
from shouwang.standalone.serve import Standalone
from tests import postgres
from tests.oracle import differences, standing_alerts

NOW = SystemClock().now()


@pytest.fixture(scope="module")
def plan() -> Plan:
    return pretend(seed=7, households=30)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    """A folder whose databases are files in it, then one whose databases are elsewhere."""
    with ExitStack() as stack:
        if request.param == "postgres":
            (tmp_path / "var").mkdir(mode=0o700)
            try:
                server = stack.enter_context(postgres.server())
            except postgres.NoPostgres as reason:
                pytest.skip(str(reason))
            for name in schemas():
                url = stack.enter_context(postgres.database(server))
                (tmp_path / "var" / f"{name}.url").write_text(url, encoding="ascii")
        yield Installation(tmp_path / "var")


@contextmanager
def running(installation: Installation) -> Iterator[None]:
    with Standalone(installation, port=0, quiet=True):
        yield


def send(installation: Installation, plan: Plan, first: date, last: date) -> None:
    """Everything the plan's bureaus send from one day to another, each day turned and judged."""
    with reaching(Place.of(installation.folder)) as county:
        delivery = Delivery(county, bureaus(county, plan.county), plan.county)
        for _ in delivery.days(tuple(s for s in plan.sendings if first <= s.day <= last), lambda *_: None):
            pass
        delivery.turn(last)


def lines(installation: Installation, what: str) -> list[dict[str, Any]]:
    with reaching(Place.of(installation.folder)) as reach:
        asked = {"suppressed": "true"} if what == "alerts" else {}
        return [json.loads(line) for line in reach.lines(reach.api(what), **asked)]


def stated(installation: Installation) -> list[tuple[Any, ...]]:
    """The standing alerts without the ids of words: what was sent anew was stated anew."""
    return sorted(
        (one["subject"], one["rule"], one["level"], one["class"], one["suppressed"], one["raised_on"],
         tuple(sorted((s["id"], s["subject"], s["says"]) for s in one["signals"])))
        for one in lines(installation, "alerts")
    )  # fmt: skip


def lose(installation: Installation, *, log: bool) -> None:
    """Everything is gone but what a compose installation keeps elsewhere."""
    for path in installation.folder.iterdir():
        if path.suffix == ".url" or (path.name.startswith("log.db") and not log):
            continue
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def come_back(installation: Installation, data: Path, keys: Path) -> Rejoined:
    """What `shouwang restore DIR --keys DIR --replace` does."""
    restore(installation, data, NOW, keys=keys, replace=True)
    log = LocalLog(installation.log)
    joined = rejoin(installation, log)
    log.close()
    return joined


@pytest.mark.parametrize("log", [True, False], ids=["log lost", "log newer"])
def test_r9_restored_and_sent_again_gives_the_same_alerts(
    installation: Installation, plan: Plan, tmp_path: Path, log: bool
) -> None:
    start = plan.sendings[0].day
    middle, end = start + timedelta(days=45), start + timedelta(days=95)
    data, keys = tmp_path / "backup", tmp_path / "keys"
    with running(installation):
        send(installation, plan, start, middle)
        backup(installation, data, NOW, keys=keys)
        at_backup = lines(installation, "words")
        send(installation, plan, middle + timedelta(days=1), end)
        before = stated(installation)
    assert before
    lose(installation, log=log)
    assert come_back(installation, data, keys).lost == {}
    with running(installation):
        assert lines(installation, "words") == at_backup
        send(installation, plan, middle + timedelta(days=1), end)
        assert stated(installation) == before
        assert differences(standing_alerts(lines(installation, "words"), end), lines(installation, "alerts")) == []


def test_words_given_out_but_not_yet_heard_come_back_from_the_outbox(
    installation: Installation, plan: Plan, tmp_path: Path
) -> None:
    data, keys = tmp_path / "backup", tmp_path / "keys"
    start = plan.sendings[0].day
    until = start + timedelta(days=30)
    with running(installation):
        send(installation, plan, start, until)
        before, words = stated(installation), lines(installation, "words")
        backup(installation, data, NOW, keys=keys)
    # As if alerts had been copied before any of it was read: an empty ledger beside full outboxes.
    lose(installation, log=True)
    restore(installation, data, NOW, keys=keys, replace=True)
    engine = installation.database("alerts")
    with engine.begin() as connection:
        for table in set(inspect(connection).get_table_names()) - {"alembic_version", "audit", "audit_seen"}:
            connection.exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608
    engine.dispose()
    fresh = LocalLog(installation.log)
    joined = rejoin(installation, fresh)
    fresh.close()
    assert joined.lost == {}
    assert joined.words == sum(not word["type"].startswith("alerts.") for word in words)
    with running(installation):
        send(installation, plan, until + timedelta(days=1), until + timedelta(days=1))
        assert {one[:3] for one in stated(installation)} >= {one[:3] for one in before}


def test_a_damaged_or_unfinished_backup_touches_nothing(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "var")
    with running(installation):
        backup(installation, tmp_path / "b", NOW)
    before = {path.name: path.stat().st_ino for path in installation.folder.glob("*.db")}
    with (tmp_path / "b" / "health" / "data.db").open("r+b") as file:
        file.seek(5000)
        file.write(b"x")
    with pytest.raises(NotABackup, match=r"health/data\.db 与校验值不符"):
        restore(installation, tmp_path / "b", NOW, replace=True)
    (tmp_path / "b" / "manifest.json").unlink()
    with pytest.raises(NotABackup, match="没有做完"):
        restore(installation, tmp_path / "b", NOW, replace=True)
    assert {path.name: path.stat().st_ino for path in installation.folder.glob("*.db")} == before


def test_a_living_installation_is_not_overwritten_unasked(plan: Plan, tmp_path: Path) -> None:
    installation, data = Installation(tmp_path / "var"), tmp_path / "b"
    with running(installation):
        send(installation, plan, plan.sendings[0].day, plan.sendings[0].day)
        backup(installation, data, NOW)
        with pytest.raises(Busy):
            restore(installation, data, NOW, replace=True)
    with pytest.raises(NotABackup, match="--replace"):
        restore(installation, data, NOW)
    restore(installation, data, NOW, replace=True)
    (aside,) = installation.folder.glob("replaced-*")
    assert (aside / "alerts.db").exists()


def test_without_the_keys_the_data_belongs_to_nothing_is_restored(tmp_path: Path) -> None:
    installation, data, keys = Installation(tmp_path / "var"), tmp_path / "b", tmp_path / "k"
    with running(installation):
        backup(installation, data, NOW, keys=keys)
    assert not any("key" in path.name for path in data.rglob("*"))
    other = Installation(tmp_path / "other")
    with pytest.raises(MissingKey, match="--keys"):
        restore(other, data, NOW)
    restore(other, data, NOW, keys=keys)
    county = other.county_code()
    assert KeyRing.open(keys).secret(f"county-{county}") == other.keys().secret(f"county-{county}")


def test_after_a_restore_the_chains_are_whole_and_tell_of_it(tmp_path: Path) -> None:
    installation, data = Installation(tmp_path / "var"), tmp_path / "b"
    with running(installation), installation.database("vault").begin() as connection:
        backup(installation, data, NOW)
        chain = installation.audit("vault", installation.keys())
        for _ in range(3):
            chain.append(connection, actor="a", action="vault.find", object_="532927")
        chain.checkpoint(connection)
    restore(installation, data, NOW, replace=True)
    found = dict(verify(installation))
    assert all(one.broken_at is None and one.rows >= 1 for one in found.values())


def test_keys_never_rest_in_the_folder_of_the_data(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "var")
    installation.keys(create=True).secret("vault")
    for apart in (tmp_path / "b", tmp_path / "b" / "keys", tmp_path):
        with pytest.raises(NotABackup, match="密钥不能放进"):
            backup_keys(installation, tmp_path / "b", apart)


def test_a_daily_key_older_than_thirty_days_does_not_come_back(tmp_path: Path) -> None:
    installation, data, keys = Installation(tmp_path / "var"), tmp_path / "b", tmp_path / "k"
    with running(installation):
        ring = installation.keys()
        ring.sealer("inbox").seal(b"a list", b"r1")
        backup(installation, data, NOW, keys=keys)
    (today,) = (keys / "inbox").glob("*.key")
    old = keys / "inbox" / f"inbox.{(NOW - timedelta(days=33)).date()}.key"
    shutil.copy2(today, old)
    restore(Installation(tmp_path / "other"), data, NOW, keys=keys)
    assert [path.name for path in (tmp_path / "other" / "keys" / "inbox").glob("*.key")] == [today.name]
