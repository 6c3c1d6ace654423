"""One database to and from files: SQLite by its online backup, PostgreSQL by COPY out of one snapshot."""

import gzip
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from alembic.runtime.migration import MigrationContext
from psycopg import sql
from sqlalchemy import Connection, Engine, text

from shouwang.kit.database import reading, upgrade

PIECE = 1 << 20
"""Bytes handed on at once."""

VERSION_TABLE = "alembic_version"


class SnapshotBroken(RuntimeError):
    """A copied database is not whole; the message names the file."""


def revision_of(engine: Engine) -> str:
    """The schema revision a database is at; empty before its first."""
    with reading(engine).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


def take(engine: Engine, into: Path) -> dict[str, list[str]]:
    """Copy a database that may be in use into `into` (a folder); returns the columns of each table, for PostgreSQL.

    What is copied is one moment of it: nobody who writes waits for this, and what is written meanwhile is not in it.
    """
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    if engine.dialect.name == "sqlite":
        _take_file(Path(engine.url.database or ""), into / "data.db")
        return {}
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        tables = {name: _columns(connection, name) for name in _tables(connection)}
        for name, columns in tables.items():
            _copy_out(connection, name, columns, into / f"{name}.copy.gz")
    return tables


def give_file(source: Path, target: Path) -> None:
    """Put a copied SQLite database at `target`."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
    target.chmod(0o600)


def give_tables(
    engine: Engine, source: Path, tables: Mapping[str, Sequence[str]], migrations: Path, revision: str
) -> None:
    """Replace everything in a PostgreSQL database: the schema of `revision` made anew, the rows as they were copied."""
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    upgrade(engine, migrations, revision)
    with engine.begin() as connection:
        for name, columns in tables.items():
            if name != VERSION_TABLE:
                _empty(connection, name)
                _copy_in(connection, name, columns, source / f"{name}.copy.gz")
        for name in tables:
            _set_sequences(connection, name)


def _take_file(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source, timeout=60.0)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)  # in one step: a writer beside it waits for nothing, and does not make it start over
        new.execute("pragma journal_mode=delete")
        if new.execute("pragma quick_check(1)").fetchone() != ("ok",):
            raise SnapshotBroken(f"{source}")
    target.chmod(0o600)


def _tables(connection: Connection) -> list[str]:
    found = connection.execute(
        text(
            "SELECT table_name FROM information_schema.tables "
            "WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY table_name"
        )
    )
    return list(found.scalars())


def _columns(connection: Connection, table: str) -> list[str]:
    found = connection.execute(
        text(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' "
            "AND table_name = :name AND is_generated = 'NEVER' ORDER BY ordinal_position"
        ),
        {"name": table},
    )
    return list(found.scalars())


def _copying(form: str, table: str, columns: Sequence[str]) -> sql.Composed:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL(form).format(sql.Identifier(table), names)


def _copy_out(connection: Connection, table: str, columns: Sequence[str], file: Path) -> None:
    driver: Any = connection.connection.driver_connection
    statement = _copying("COPY {} ({}) TO STDOUT", table, columns)
    with gzip.open(file, "wb", compresslevel=1) as out, driver.cursor() as cursor, cursor.copy(statement) as rows:
        for piece in rows:
            out.write(piece)
    file.chmod(0o600)


def _empty(connection: Connection, table: str) -> None:
    """Remove what a revision has put into a new table; an append-only one is empty, and refuses even to be asked."""
    quoted = connection.dialect.identifier_preparer.quote(table)
    if connection.exec_driver_sql(f"SELECT 1 FROM {quoted} LIMIT 1").first() is not None:  # noqa: S608
        connection.exec_driver_sql(f"DELETE FROM {quoted}")  # noqa: S608 (a name from the manifest, quoted)


def _copy_in(connection: Connection, table: str, columns: Sequence[str], file: Path) -> None:
    driver: Any = connection.connection.driver_connection
    statement = _copying("COPY {} ({}) FROM STDIN", table, columns)
    with driver.cursor() as cursor, cursor.copy(statement) as rows:
        for piece in _pieces(file):
            rows.write(piece)


def _pieces(file: Path) -> Iterator[bytes]:
    with gzip.open(file, "rb") as source:
        while piece := source.read(PIECE):
            yield piece


def _set_sequences(connection: Connection, table: str) -> None:
    """Numbers the server gives out go on after the highest that was copied."""
    owned = connection.execute(
        text(
            "SELECT column_name, pg_get_serial_sequence(quote_ident(table_name), column_name) AS sequence "
            "FROM information_schema.columns WHERE table_schema = 'public' AND table_name = :name"
        ),
        {"name": table},
    ).all()
    for column, sequence in owned:
        if sequence:
            preparer = connection.dialect.identifier_preparer
            highest = connection.exec_driver_sql(
                f"SELECT max({preparer.quote(column)}) FROM {preparer.quote(table)}"  # noqa: S608 (names from the catalogue)
            ).scalar()
            connection.execute(
                text("SELECT setval(:sequence, :value, :used)"),
                {"sequence": sequence, "value": highest or 1, "used": highest is not None},
            )
