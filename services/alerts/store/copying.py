"""Many rows at once: one prepared statement on SQLite, COPY on PostgreSQL; every statement is made by Core."""

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    Dialect,
    Integer,
    LargeBinary,
    Table,
    bindparam,
    insert,
    literal_column,
    select,
    table,
)
from sqlalchemy import column as named
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.types import TypeEngine

Row = tuple[Any, ...]


def append(connection: Connection, into: Table, columns: Sequence[str], rows: Collection[Row]) -> None:
    """Add rows whose keys are new; `columns` says what the values of a row are."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        _copy(connection, _quoted(connection.dialect, into.name), into, columns, rows)
    else:
        connection.exec_driver_sql(_insert(into, tuple(columns)), cast("list[Row]", list(rows)))


def upsert(
    connection: Connection, into: Table, columns: Sequence[str], keys: Sequence[str], rows: Collection[Row]
) -> None:
    """Add rows, or set all other columns where a row with the same keys stands; no two rows may have the same keys."""
    _merge(connection, into, tuple(columns), tuple(keys), rows, replace=True)


def add_missing(
    connection: Connection, into: Table, columns: Sequence[str], keys: Sequence[str], rows: Collection[Row]
) -> None:
    """Add the rows whose keys do not stand yet."""
    _merge(connection, into, tuple(columns), tuple(keys), rows, replace=False)


def _merge(
    connection: Connection,
    into: Table,
    columns: tuple[str, ...],
    keys: tuple[str, ...],
    rows: Collection[Row],
    *,
    replace: bool,
) -> None:
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        incoming = f"incoming_{into.name}"
        connection.exec_driver_sql(_incoming(connection.dialect, into, columns, incoming))
        _copy(connection, incoming, into, columns, rows)
        connection.execute(_from_incoming(into, columns, keys, incoming, replace=replace))
    else:
        connection.exec_driver_sql(_merging(into, columns, keys, replace=replace), cast("list[Row]", list(rows)))


@cache
def _insert(into: Table, columns: tuple[str, ...]) -> str:
    values: dict[str, Any] = {name: bindparam(name) for name in columns}
    return _positional(insert(into).values(values).compile(dialect=sqlite.dialect()), columns)


@cache
def _merging(into: Table, columns: tuple[str, ...], keys: tuple[str, ...], *, replace: bool) -> str:
    statement = sqlite.insert(into).values({name: bindparam(name) for name in columns})
    if replace:
        rest = {name: statement.excluded[name] for name in columns if name not in keys}
        return _positional(
            statement.on_conflict_do_update(index_elements=keys, set_=rest).compile(dialect=sqlite.dialect()), columns
        )
    return _positional(statement.on_conflict_do_nothing(index_elements=keys).compile(dialect=sqlite.dialect()), columns)


def _positional(compiled: Any, columns: tuple[str, ...]) -> str:
    """The text of a statement whose marks stand in the order of the rows' values."""
    if tuple(compiled.positiontup) != columns:
        raise ValueError(f"rows must list {compiled.positiontup}, the order of the table, not {columns}")
    return str(compiled)


@cache
def _from_incoming(
    into: Table, columns: tuple[str, ...], keys: tuple[str, ...], incoming: str, *, replace: bool
) -> Any:
    source = table(incoming, *(named(name) for name in columns))
    statement = postgresql.insert(into).from_select(columns, select(source))
    if not replace:
        return statement.on_conflict_do_nothing(index_elements=keys)
    rest = {name: statement.excluded[name] for name in columns if name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=rest)


@cache
def _incoming(dialect: Dialect, into: Table, columns: tuple[str, ...], incoming: str) -> str:
    chosen: Any = select(*(literal_column(_quoted(dialect, name)) for name in columns)).select_from(into)
    made = f"CREATE TEMPORARY TABLE IF NOT EXISTS {incoming} ON COMMIT DELETE ROWS"
    return f"{made} AS {chosen.compile(dialect=dialect)} WITH NO DATA"


def _copy(connection: Connection, target: str, like: Table, columns: Sequence[str], rows: Iterable[Row]) -> None:
    names = ", ".join(_quoted(connection.dialect, name) for name in columns)
    driver: Any = connection.connection.driver_connection
    statement = f"COPY {target} ({names}) FROM STDIN (FORMAT BINARY)"
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types([_wire(like.c[name].type) for name in columns])
            for row in rows:
                copy.write_row(row)
    except _away(connection) as away:
        # The driver is spoken to directly here; whoever waits for the database knows SQLAlchemy's name of it.
        raise OperationalError(statement, None, away) from away


def _away(connection: Connection) -> tuple[type[BaseException], ...]:
    driver = connection.dialect.loaded_dbapi
    return driver.OperationalError, driver.InterfaceError


def _quoted(dialect: Dialect, name: str) -> str:
    return dialect.identifier_preparer.quote(name)


def _wire(type_: TypeEngine[Any]) -> str:
    """PostgreSQL's name of a column's type, for COPY in binary form."""
    pairs = ((BigInteger, "int8"), (Integer, "int4"), (Boolean, "bool"), (LargeBinary, "bytea"))
    return next((name for kind, name in pairs if isinstance(type_, kind)), "text")
