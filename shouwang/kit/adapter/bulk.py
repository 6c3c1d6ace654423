"""Many rows in one go: prepared statements on SQLite, COPY on PostgreSQL."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection

Values = Sequence[Sequence[Any]]


def among(connection: Connection, column: str, values: Sequence[str]) -> tuple[str, tuple[Any, ...]]:
    """A condition on a text column, and its value: one of many, however many they are."""
    if connection.dialect.name == "postgresql":
        return f"{column} = ANY(%s)", (list(values),)
    return f"{column} IN (SELECT value FROM json_each(?))", (json.dumps(values),)  # noqa: S608 (our own names)


def add(connection: Connection, table: str, columns: Sequence[str], rows: Values) -> None:
    """Add rows none of which is there."""
    if not rows:
        return
    named = ", ".join(map(_quoted, columns))
    if connection.dialect.name == "postgresql":
        _copy(connection, f"COPY {table} ({named}) FROM STDIN", rows)
    else:
        marks = ", ".join("?" * len(columns))
        _many(connection, f"INSERT INTO {table} ({named}) VALUES ({marks})", rows)  # noqa: S608 (our own names)


def put(connection: Connection, table: str, unique: Sequence[str], changed: Sequence[str], rows: Values) -> None:
    """Add rows whose columns are `unique` and `changed`; where one is there the changed ones are replaced."""
    if not rows:
        return
    columns = [*unique, *changed]
    named, keys = ", ".join(map(_quoted, columns)), ", ".join(map(_quoted, unique))
    replaced = ", ".join(f"{name} = excluded.{name}" for name in changed)
    then = f"ON CONFLICT ({keys}) DO {f'UPDATE SET {replaced}' if changed else 'NOTHING'}"
    if connection.dialect.name == "postgresql":
        made = f"{table}_new"
        connection.exec_driver_sql(
            f"CREATE TEMP TABLE IF NOT EXISTS {made} ON COMMIT DELETE ROWS AS SELECT {named} FROM {table} WITH NO DATA"  # noqa: S608
        )
        _copy(connection, f"COPY {made} ({named}) FROM STDIN", rows)
        connection.exec_driver_sql(f"INSERT INTO {table} ({named}) SELECT {named} FROM {made} {then}")  # noqa: S608
        connection.exec_driver_sql(f"TRUNCATE {made}")
    else:
        marks = ", ".join("?" * len(columns))
        _many(connection, f"INSERT INTO {table} ({named}) VALUES ({marks}) {then}", rows)  # noqa: S608


def _quoted(name: str) -> str:
    return f'"{name}"'


def _many(connection: Connection, statement: str, rows: Values) -> None:
    raw: Any = connection.connection.driver_connection
    raw.executemany(statement, rows)


def _copy(connection: Connection, statement: str, rows: Iterable[Sequence[Any]]) -> None:
    raw: Any = connection.connection.driver_connection
    with raw.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
