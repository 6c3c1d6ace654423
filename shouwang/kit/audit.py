"""The audit chain: who did what to which object and why; rows are only ever added, and each seals the one before it.

One chain per database, in a table of its own, written in the transaction of the act: no audit, no act. It holds
references and counts, never a person's data, so that it survives an erasure.
"""

import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlmodel import Field, SQLModel

from shouwang.kit.clock import Clock

GENESIS: Final = "0" * 64
_LOCK: Final = 7_301_956
"""The advisory lock (any number of our own) under which PostgreSQL writers take their turn at the chain's end."""


class AuditRow(SQLModel, table=True):
    """One act."""

    __tablename__ = "audit"

    seq: int = Field(primary_key=True)
    at: str
    actor: str
    action: str
    object: str
    reason: str
    trace_id: str
    result: str
    previous: str
    hash: str


TABLE: Final[sa.Table] = SQLModel.metadata.tables["audit"]
_SAID: Final = ("seq", "at", "actor", "action", "object", "reason", "trace_id", "result", "previous")


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification found: how many rows are good, and where and why the chain first breaks."""

    rows: int
    broken_at: int | None = None
    why: str = ""
    head: str = GENESIS


class Audit:
    """The chain of one service."""

    def __init__(self, key: bytes, clock: Clock) -> None:
        self._key, self._clock = key, clock

    def append(
        self,
        connection: Connection,
        *,
        actor: str,
        action: str,
        object_: str,
        reason: str = "",
        trace_id: str = "",
        result: str = "ok",
    ) -> int:
        """Add one act within the caller's transaction; returns its number."""
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        last = connection.execute(
            sa.select(TABLE.c.seq, TABLE.c.hash).order_by(TABLE.c.seq.desc()).limit(1)
        ).one_or_none()
        row: dict[str, Any] = {
            "seq": last.seq + 1 if last else 1,
            "at": self._clock.now().isoformat(timespec="milliseconds"),
            "actor": actor,
            "action": action,
            "object": object_,
            "reason": reason,
            "trace_id": trace_id,
            "result": result,
            "previous": last.hash if last else GENESIS,
        }
        connection.execute(TABLE.insert().values(**row, hash=_seal(self._key, row)))
        return int(row["seq"])

    def verify(self, connection: Connection) -> Verified:
        """Go through the whole chain as it is stored."""
        rows = connection.execution_options(yield_per=10_000).execute(sa.select(TABLE).order_by(TABLE.c.seq))
        return verify(self._key, (dict(row) for row in rows.mappings()))


def verify(key: bytes, rows: Iterable[Mapping[str, Any]], *, head: str = "") -> Verified:
    """Check rows in order: numbers without gaps, each sealing the one before, the end at `head` where that is known.

    A tail that was cut off leaves a chain that is whole in itself; only a `head` noted elsewhere shows it.
    """
    previous, count = GENESIS, 0
    for row in rows:
        why = _wrong(key, row, count + 1, previous)
        if why:
            return Verified(count, count + 1, why, previous)
        previous, count = row["hash"], count + 1
    if head and previous != head:
        return Verified(count, count + 1, "the end is missing", previous)
    return Verified(count, head=previous)


def _wrong(key: bytes, row: Mapping[str, Any], expected: int, previous: str) -> str:
    if row["seq"] != expected:
        return f"row {expected} is missing"
    if row["previous"] != previous:
        return f"row {expected} does not follow the row before it"
    if not hmac.compare_digest(row["hash"], _seal(key, row)):
        return f"row {expected} was changed"
    return ""


def _seal(key: bytes, row: Mapping[str, Any]) -> str:
    said = json.dumps([row[name] for name in _SAID], ensure_ascii=False, separators=(",", ":"))
    return hmac.digest(key, said.encode(), "sha256").hex()


def create_table(op: Any) -> None:
    """For a migration: the table, and a trigger that refuses to change or remove a row."""
    columns = [sa.Column(name, sa.Text, nullable=False) for name in (*_SAID[1:], "hash")]
    op.create_table("audit", sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False), *columns)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the audit chain is append-only'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
        )
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_no_{act.lower()} BEFORE {act} ON audit "
            "BEGIN SELECT RAISE(ABORT, 'the audit chain is append-only'); END"
        )
