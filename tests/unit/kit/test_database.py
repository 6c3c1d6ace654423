"""The way to a database: pragmas, who waits for whom, migrations."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.vault.keeper import MIGRATIONS
from shouwang.kit.database import SchemaOutdated, open_database, reading, require_current, upgrade, upsert


def test_a_sqlite_file_is_set_up_to_keep_what_it_commits(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/new/folder/a.db")
    with engine.connect() as connection:
        said = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "busy_timeout", "wal_autocheckpoint", "foreign_keys")
        }
    assert said == {
        "journal_mode": "wal",
        "synchronous": 2,
        "busy_timeout": 60_000,
        "wal_autocheckpoint": 16_000,
        "foreign_keys": 1,
    }


def test_without_durability_only_the_flush_is_left_out(tmp_path: Path) -> None:
    with open_database(f"sqlite:///{tmp_path}/a.db", durable=False).connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 1


def test_a_reader_neither_waits_for_a_writer_nor_sees_half_its_work(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/a.db")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x INTEGER)")
    with engine.begin() as writing:
        writing.exec_driver_sql("INSERT INTO t VALUES (1)")
        with reading(engine).connect() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == 0


def test_two_that_read_and_then_write_both_succeed(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/a.db")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x INTEGER)")
        connection.exec_driver_sql("INSERT INTO t VALUES (0)")

    def add() -> None:
        for _ in range(20):
            with engine.begin() as connection:
                seen: int = connection.exec_driver_sql("SELECT x FROM t").scalar_one()
                connection.exec_driver_sql("UPDATE t SET x = ?", (seen + 1,))

    threads = [threading.Thread(target=add) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT x FROM t").scalar() == 60


def test_an_error_never_quotes_what_was_to_be_stored(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/a.db")
    with engine.connect() as connection, pytest.raises(sa.exc.OperationalError) as failed:
        connection.execute(sa.text("INSERT INTO missing VALUES (:x)"), {"x": "张小明"})
    assert "张小明" not in str(failed.value)


def test_an_older_schema_is_refused_with_the_remedy_and_then_upgraded(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/vault.db")
    with pytest.raises(SchemaOutdated, match="run `shouwang migrate`"):
        require_current(engine, MIGRATIONS)
    upgrade(engine, MIGRATIONS)
    require_current(engine, MIGRATIONS)


def test_two_starters_upgrade_once(tmp_path: Path) -> None:
    program = (
        "import sys; from services.vault.keeper import MIGRATIONS; from shouwang.kit.database import *;"
        "upgrade(open_database(sys.argv[1]), MIGRATIONS)"
    )
    url = f"sqlite:///{tmp_path}/vault.db"
    starters = [subprocess.Popen([sys.executable, "-c", program, url]) for _ in range(3)]
    assert [starter.wait(60) for starter in starters] == [0, 0, 0]
    require_current(open_database(url), MIGRATIONS)


def test_upsert_adds_or_replaces_only_what_it_is_told(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/a.db")
    table = sa.Table(
        "t", sa.MetaData(), sa.Column("k", sa.Text, primary_key=True), sa.Column("a", sa.Text), sa.Column("b", sa.Text)
    )
    table.create(engine)
    with engine.begin() as connection:
        upsert(connection, table, [{"k": "1", "a": "x", "b": "x"}])
        upsert(connection, table, [{"k": "1", "a": "y", "b": "y"}, {"k": "2", "a": "y", "b": "y"}], update=("a",))
        upsert(connection, table, [{"k": "1", "a": "z", "b": "z"}])
        upsert(connection, table, [])
        rows = connection.execute(sa.select(table).order_by(table.c.k)).all()
    assert [tuple(row) for row in rows] == [("1", "y", "x"), ("2", "y", "y")]
