"""One way to a database, SQLite file or PostgreSQL, and to its schema."""

import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolEmpty

BUSY_MS = 60_000
"""How long a writer waits for another one; a batch holds the file for seconds at most."""

IDLE_MS = 60_000
"""How long PostgreSQL keeps a transaction in which nothing is asked.

A process that was stopped in the middle of a commit, or is cut off, must not hold its rows against the one that took
over. A URL with `options` of its own says otherwise.
"""

CHECKPOINT_PAGES = 16_000
"""64 MiB of log between checkpoints: a bulk load then writes each page once, not once per transaction."""

CACHE_KIB = 65_536
"""64 MiB of pages per connection: with SQLite's own 2 MiB a batch of a large county spills, a quarter dearer."""

AWAY: Final = (OperationalError, InterfaceError, InternalError, PoolEmpty)
"""What a database raises that is away, full, busy or broken: wait and try again, it says nothing about what was asked.

InternalError is the server's own trouble (XX000, e.g. a page it could not write on a full disk); InterfaceError a
connection that was lost under a statement.
"""

_READING = "shouwang_reading"


class SchemaOutdated(RuntimeError):
    """The database is not at the schema this version needs; the message carries the remedy."""


def open_database(url: str, *, durable: bool = True) -> Engine:
    """An engine for `sqlite:///FILE` (parent folder is made) or `postgresql+psycopg://…`.

    `durable=False` lets SQLite skip the flush at each commit: a power cut may then cost the last transactions, never
    the file. Errors never quote parameters, since those may be people's data.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        query = {"options": f"-c idle_in_transaction_session_timeout={IDLE_MS}", **parsed.query}
        asked = parsed.set(query=query)
        return create_engine(asked, hide_parameters=True, pool_pre_ping=True, pool_size=10, max_overflow=10)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = create_engine(parsed, hide_parameters=True, connect_args={"timeout": BUSY_MS / 1000})
    _prepare_sqlite(engine, "FULL" if durable else "NORMAL")
    return engine


def reading(engine: Engine) -> Engine:
    """The same engine for work that only reads: on SQLite it then waits for no writer and holds up none."""
    return engine.execution_options(**{_READING: True})


def _prepare_sqlite(engine: Engine, synchronous: str) -> None:
    pragmas = (
        f"PRAGMA busy_timeout={BUSY_MS}",
        "PRAGMA journal_mode=WAL",
        f"PRAGMA synchronous={synchronous}",
        f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}",
        f"PRAGMA cache_size=-{CACHE_KIB}",
        "PRAGMA foreign_keys=ON",
    )

    @event.listens_for(engine, "connect")
    def _connect(raw: Any, _record: object) -> None:
        raw.isolation_level = None  # the driver begins nothing by itself; `_begin` does
        for pragma in pragmas:
            raw.execute(pragma)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A writer takes its lock at once: two that read first and write later would dead-lock into SQLITE_BUSY.
        only_reads = connection.get_execution_options().get(_READING)
        connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")


def upgrade(engine: Engine, migrations: Path, revision: str = "head") -> None:
    """Bring the schema to a revision under `migrations`, the newest; of two starters one works and the other waits."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            lock = zlib.crc32(b"shouwang migrations")
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})
        config = Config()
        config.set_main_option("script_location", str(migrations).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def migrate(context: EnvironmentContext | Any, metadata: MetaData) -> None:
    """What a migrations folder's `env.py` calls: run the revisions on the connection `upgrade` holds."""
    context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()


def require_current(engine: Engine, migrations: Path) -> None:
    """Raise SchemaOutdated unless the schema is the newest revision under `migrations`."""
    wanted = set(ScriptDirectory(str(migrations)).get_heads())
    with reading(engine).connect() as connection:
        found = set(MigrationContext.configure(connection).get_current_heads())
    if found != wanted:
        names = f"{_named(found)}, this version needs {_named(wanted)}"
        raise SchemaOutdated(f"{engine.url.database}: the schema is {names}; run `shouwang migrate`")


def upsert(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, update: Sequence[str] = ()
) -> None:
    """Add rows by primary key; where one is there already its `update` columns are replaced, or it stays as it is."""
    if not rows:
        return
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    adding = insert(table)
    keys = [column.name for column in table.primary_key]
    replaced = {name: adding.excluded[name] for name in update}
    connection.execute(
        adding.on_conflict_do_update(index_elements=keys, set_=replaced)
        if replaced
        else adding.on_conflict_do_nothing(index_elements=keys),
        list(rows),
    )


def _named(heads: set[str]) -> str:
    return ", ".join(sorted(heads)) or "empty"
