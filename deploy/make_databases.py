"""The migrate job: a role and a database of its own for each process, brought to the schema this version needs.

`python -m deploy.make_databases FOLDER` reads the URLs the secrets job left in FOLDER; run again it changes nothing.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from psycopg import sql
from sqlalchemy import Connection, create_engine, make_url, text

import services
import shouwang.kit
from deploy.shares import ALERTS, DATABASES, SUPERUSER, VAULT
from shouwang.kit.database import open_database, upgrade

KIT, SERVICES = Path(shouwang.kit.__path__[0]), Path(services.__path__[0])
MIGRATIONS: dict[str, Path] = {
    **dict.fromkeys(DATABASES, KIT / "adapter" / "migrations"),
    VAULT: SERVICES / "vault" / "migrations",
    ALERTS: SERVICES / "alerts" / "store" / "migrations",
}


def _run(connection: Connection, statement: str, **names: str) -> None:
    """Execute a statement whose names and literals are quoted by the driver."""
    parts = {name: sql.Literal(value) if name == "password" else sql.Identifier(value) for name, value in names.items()}
    connection.exec_driver_sql(sql.SQL(statement).format(**parts).as_string())


def ensure(connection: Connection, role: str, password: str) -> None:
    """Make the role and its database if they are not there; the password is the one in its file."""
    is_role = connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}).first()
    verb = "ALTER" if is_role else "CREATE"
    _run(connection, f"{verb} ROLE {{role}} LOGIN PASSWORD {{password}}", role=role, password=password)
    if not connection.execute(text("SELECT 1 FROM pg_database WHERE datname = :role"), {"role": role}).first():
        _run(connection, "CREATE DATABASE {role} OWNER {role}", role=role)
    _run(connection, "REVOKE ALL ON DATABASE {role} FROM PUBLIC", role=role)


def settle(folder: Path) -> None:
    """Make the databases, then bring each to its newest schema as its own role."""
    urls = {name: (folder / name).read_text(encoding="ascii") for name in (SUPERUSER, *DATABASES)}
    engine = create_engine(urls[SUPERUSER], isolation_level="AUTOCOMMIT", hide_parameters=True)
    with engine.connect() as connection:
        for name in DATABASES:
            ensure(connection, name, make_url(urls[name]).password or "")
    engine.dispose()
    for name in DATABASES:
        own = open_database(urls[name])
        upgrade(own, MIGRATIONS[name])
        own.dispose()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m deploy.make_databases", description=__doc__)
    parser.add_argument("folder", type=Path)
    settle(parser.parse_args(arguments).folder)
    sys.stderr.write(f"migrate: {len(DATABASES)} databases are at the schema of this version\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
