"""A real PostgreSQL for tests: by a given URL, else in a container, else from the server's own programs."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from sqlalchemy import create_engine, make_url, text

URL = "SHOUWANG_TEST_POSTGRES"
"""Environment variable with the address of a server in which databases may be made."""

PROGRAMS = Path("/usr/lib/postgresql")
IMAGE = "postgres:17"


class NoPostgres(Exception):
    """There is no PostgreSQL here; the message says what was looked for."""


@contextmanager
def server(*, durable: bool = False) -> Iterator[str]:
    """The URL of a server, started if need be and stopped at the end; raises NoPostgres.

    A server of our own flushes to disk only if `durable`.

    The server's own programs come before a container when they are there: they start in a second, without an image.
    """
    if given := os.environ.get(URL):
        yield given
    elif programs() is None and docker_answers():
        with _container() as url:
            yield url
    else:
        with _native(durable=durable) as url:
            yield url


@contextmanager
def database(server_url: str, *, template: str = "") -> Iterator[str]:
    """The URL of a database of its own, empty or a copy of the one at `template`; dropped at the end."""
    name = f"test_{uuid4().hex[:12]}"
    copied = f" TEMPLATE {make_url(template).database}" if template else ""
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}{copied}"))
    try:
        yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()


def docker_answers() -> bool:
    """Whether a Docker engine can be asked for a container."""
    import docker
    from docker.errors import DockerException

    try:
        client = docker.from_env(timeout=3)
    except DockerException:
        return False
    client.close()
    return True


@contextmanager
def _container() -> Iterator[str]:
    from testcontainers.postgres import PostgresContainer

    with PostgresContainer(IMAGE, driver="psycopg") as container:
        yield container.get_connection_url()


@contextmanager
def _native(*, durable: bool) -> Iterator[str]:
    """A server of our own on a socket in a temporary folder; it lives as long as the tests."""
    found = programs()
    if found is None:
        raise NoPostgres(f"no PostgreSQL: {URL} is not set, Docker does not answer, no programs under {PROGRAMS}")
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    user = somebody()
    if user:
        shutil.chown(folder, user)
    data = folder / "data"
    _run(user, [found / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"])
    settings = f"-k {folder} -c listen_addresses= -c max_connections=200"
    if not durable:
        settings += " -c fsync=off -c synchronous_commit=off"
    _run(user, [found / "pg_ctl", "-D", data, "-o", settings, "-l", folder / "log", "-w", "start"])
    try:
        yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
    finally:
        _run(user, [found / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"])
        shutil.rmtree(folder, ignore_errors=True)


def programs() -> Path | None:
    """Where the server's own programs are; None when there are none."""
    found = sorted(PROGRAMS.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if found:
        return found[-1].parent
    return Path(on_path).resolve().parent if on_path else None


def somebody() -> str | None:
    """Who runs the server: it refuses to be run by root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise NoPostgres("PostgreSQL does not run as root, and there is nobody else")


def _run(user: str | None, command: list[str | Path]) -> None:
    subprocess.run([str(part) for part in command], user=user, cwd="/", check=True, stdout=subprocess.DEVNULL)
