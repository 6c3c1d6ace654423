"""The two servers others made, as supervised processes of our own: PostgreSQL on a port, one Kafka node."""

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tests import postgres
from tests.broker import native
from tests.broker.broker import answers, free_port
from tests.chaos.processes import Service

UP_SECONDS = 60.0


class NeverUp(Exception):
    """A server did not come up; the message holds what it said last."""


class Kafka:
    """One KRaft node; each named way to it is a listener whose advertised address is that of a line."""

    def __init__(self, folder: Path, disk: Path) -> None:
        self.folder, self.data = folder, disk / "kafka"
        self._java = native.find_java()
        self._jars = native.jars(self._java)
        self.port, self._controller = free_port(), free_port()
        self._settings = folder / "server.properties"
        self.format()

    def format(self) -> None:
        """A log directory as of a node that has never run: everything it held is gone."""
        shutil.rmtree(self.data, ignore_errors=True)
        shutil.copytree(native.formatted(self._java, self._jars), self.data)

    def service(self, listeners: Mapping[str, tuple[int, int]]) -> Service:
        """Its process; `listeners`: name → (port, advertised port)."""
        native.write_settings(self._settings, self.port, self._controller, self.data, listeners)
        java = [self._java, "-Xms192m", "-Xmx512m", "-XX:+UseSerialGC", native.QUIET, "-cp", self._jars]
        return Service(
            "kafka", [*java, "kafka.Kafka", self._settings], self.folder, log=self.folder / "kafka.log"
        )  # fmt: skip

    @property
    def bootstrap(self) -> str:
        """For the suite itself, which is never parted from it."""
        return f"127.0.0.1:{self.port}"

    def answers(self) -> bool:
        """True once it serves."""
        return listens(self.port) and answers(self.bootstrap)


class Postgres:
    """A PostgreSQL server of the installed programs, durable as in production, on a local port."""

    def __init__(self, folder: Path) -> None:
        self.programs = postgres.programs()
        if self.programs is None:
            raise postgres.NoPostgres(f"no server programs under {postgres.PROGRAMS}")
        self.user = postgres.somebody()
        self.port, self.data, self.folder = free_port(), folder / "postgres" / "data", folder / "postgres"
        self.folder.mkdir(parents=True)
        if self.user:
            shutil.chown(self.folder, self.user)
        initdb = [self.programs / "initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        subprocess.run(
            [*map(str, initdb), "--no-locale", "-N"], user=self.user, cwd="/", check=True, stdout=subprocess.DEVNULL
        )

    def service(self, wrapper: tuple[str, ...] = ()) -> Service:
        """Its process; `wrapper` runs it, e.g. strace."""
        assert self.programs is not None
        settings = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": self.folder,
                    "max_connections": 200, "wal_compression": "on", "max_wal_size": "512MB"}  # fmt: skip
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command: list[str | Path] = [*wrapper, self.programs / "postgres", "-D", self.data, *options]
        return Service("postgres", command, Path("/"), user=self.user, log=self.folder / "log")

    def url(self, database: str, port: int | None = None) -> str:
        """Where a database is, directly or through a line."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{port or self.port}/{database}"

    def answers(self) -> bool:
        """True once it serves."""
        assert self.programs is not None
        asked = [str(self.programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(asked, check=False).returncode == 0


def listens(port: int) -> bool:
    """Whether somebody listens on a local port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(
    true: Callable[[], object], what: str, seconds: float = UP_SECONDS, says: Callable[[], str] = str
) -> float:
    """Wait until something is so; returns the seconds it took; raises NeverUp with the last words of who is awaited."""
    began = time.monotonic()
    while not true():
        if time.monotonic() - began > seconds:
            raise NeverUp(f"{what}: not after {seconds:.0f} s\n{says()}")
        time.sleep(0.1)
    return time.monotonic() - began
