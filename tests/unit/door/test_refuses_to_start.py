"""An adapter that cannot work does not start, and says in one sentence what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from contracts.topics import TOPICS
from shouwang.kit.adapter.serve import DoorSettings, start
from shouwang.kit.adapter.tables import MIGRATIONS
from shouwang.kit.bus.local import LocalLog
from shouwang.kit.database import open_database, upgrade
from shouwang.kit.keys import KeyRing
from tests.doors import adapter_of

COUNTIES = '[[county]]\ncode = "532927"\nnumber = 1\nname = "巍山"\n'


def whole(folder: Path) -> DoorSettings:
    """An installation that can start."""
    KeyRing.open(folder / "keys", create=True).identity("532927")
    keyring = KeyRing.open(folder / "keys", create=True)
    for name in ("county", "vault"):
        keyring.service_key(name)
    keyring.secret("audit-education")
    (folder / "counties.toml").write_text(COUNTIES, encoding="utf-8")
    log = LocalLog(folder / "log.db", durable=False)
    log.ensure(TOPICS)
    log.close()
    engine = open_database(f"sqlite:///{folder}/education.db", durable=False)
    upgrade(engine, MIGRATIONS)
    engine.dispose()
    return DoorSettings(
        keys=folder / "keys",
        counties=folder / "counties.toml",
        database=f"sqlite:///{folder}/education.db",
        log=folder / "log.db",
    )


def test_it_starts_when_everything_is_there(tmp_path: Path) -> None:
    door = start(adapter_of("education"), whole(tmp_path))
    door.stop()


def _without_county_key(folder: Path) -> None:
    (folder / "keys" / "county-532927.key").unlink()


def _without_any_key(folder: Path) -> None:
    (folder / "keys").rename(folder / "elsewhere")


def _with_an_older_schema(folder: Path) -> None:
    engine = open_database(f"sqlite:///{folder}/education.db", durable=False)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
    engine.dispose()


def _without_topics(folder: Path) -> None:
    for file in folder.glob("log.db*"):
        file.unlink()


def _with_another_partition_count(folder: Path) -> None:
    engine = open_database(f"sqlite:///{folder}/log.db", durable=False)
    with engine.begin() as connection:
        connection.execute(text("UPDATE topic SET partitions = 7"))
    engine.dispose()


def _without_counties(folder: Path) -> None:
    (folder / "counties.toml").unlink()


@pytest.mark.parametrize(("broken", "said"), [
    (_without_county_key, "county-532927.key is missing; restore"),
    (_without_any_key, "no keys here"),
    (_with_an_older_schema, "run `shouwang migrate`"),
    (_without_topics, "is missing: run"),
    (_with_another_partition_count, "has 7 partitions, declared are 24"),
    (_without_counties, "not found"),
])  # fmt: skip
def test_it_refuses_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], broken: Callable[[Path], None], said: str
) -> None:
    settings = whole(tmp_path)
    broken(tmp_path)
    with pytest.raises(SystemExit) as ended:
        start(adapter_of("education"), settings)
    assert ended.value.code == 1
    printed = capsys.readouterr().err.strip()
    assert said in printed
    assert printed.count("\n") == 0
