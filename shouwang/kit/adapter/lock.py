"""One translator and one relay per adapter, whatever number of processes are started; freed when its process dies."""

import fcntl
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, Engine, text

LOCK = 4_702_193
"""The advisory lock (a number of our own) in the adapter's own PostgreSQL database."""


class OneOnly:
    """A lock held by one process at a time. Correctness rests on the fence and the numbers; this spares double work."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._file: IO[str] | None = None
        self._connection: Connection | None = None

    def held(self) -> bool:
        """Whether it is ours, taking it when it is free."""
        if self._engine.dialect.name == "postgresql":
            return self._held_in_postgresql()
        return self._held_beside_file()

    def release(self) -> None:
        """Let another process have it."""
        if self._file is not None:
            self._file.close()
            self._file = None
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None

    def _held_beside_file(self) -> bool:
        database = self._engine.url.database
        if self._file is not None or not database or database == ":memory:":
            return True
        file = Path(f"{database}.lock").open("w", encoding="ascii")  # noqa: SIM115 (held until released)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return False
        self._file = file
        return True

    def _held_in_postgresql(self) -> bool:
        if self._connection is not None:
            if not self._connection.closed and not self._connection.invalidated:
                self._connection.execute(text("SELECT 1"))  # raises when the server is gone, and the lock with it
                return True
            self._connection = None
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}).scalar_one():
            self._connection = connection
            return True
        connection.close()
        return False
