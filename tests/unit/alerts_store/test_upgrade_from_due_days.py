"""A database of the first issue keeps its due days, and its households count as of any village until judged again."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

from services.alerts.store import MIGRATIONS
from services.alerts.store.reading import read_due_by, read_village
from shouwang.kit.database import open_database, upgrade
from tests.stores import COUNTY, FIRST_DAY

MEMBER = "civil_affairs.household_member.v1"
HOMES = ("h1" + "a" * 26, "h1" + "b" * 26)


def upgrade_to(engine: Engine, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_due_days_are_kept_and_villages_are_open(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'alerts.db'}")
    upgrade_to(engine, "0002")
    with engine.begin() as connection:
        for person, home in enumerate((*HOMES, HOMES[0])):
            connection.execute(
                text("INSERT INTO facts (county, subject, type, key, word, says_so) VALUES (532927, :p, :t, :h, 1, 1)"),
                {"p": f"p1{person:026d}", "t": MEMBER, "h": home},
            )
        due = {"h": HOMES[1], "d": FIRST_DAY.isoformat()}
        connection.execute(text("INSERT INTO due (county, household, day) VALUES (532927, :h, :d)"), due)
    upgrade(engine, MIGRATIONS)
    with engine.begin() as connection:
        assert read_due_by(connection, COUNTY.code, FIRST_DAY) == [HOMES[1]]
        assert read_village(connection, COUNTY.code, "532927100200") == list(HOMES)
    engine.dispose()
