"""The audit chain: who did what to which object and why; rows are only ever added, and each seals the one before it.

One chain per database, in a table of its own, written in the transaction of the act: no audit, no act. It holds
references and counts, never a person's data, so that it survives an erasure. Its end is noted in a second place
(`shouwang.kit.checkpoints`) at the turn of each day and after every thousand acts.
"""

import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlmodel import Field, SQLModel

from shouwang.kit.checkpoints import EVERY, Checkpoint, Checkpoints
from shouwang.kit.clock import Clock
from shouwang.kit.keys import KeyRing

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


class SeenRow(SQLModel, table=True):
    """Whose data an act showed: a reference, never a name."""

    __tablename__ = "audit_seen"

    seq: int = Field(primary_key=True)
    ref: str = Field(primary_key=True)


TABLE: Final[sa.Table] = SQLModel.metadata.tables["audit"]
SEEN: Final[sa.Table] = SQLModel.metadata.tables["audit_seen"]
_SAID: Final = ("seq", "at", "actor", "action", "object", "reason", "trace_id", "result", "previous")


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification found: how many rows are good, and where and why the chain first breaks."""

    rows: int
    broken_at: int | None = None
    why: str = ""
    head: str = GENESIS


class Audit:
    """The chain of one service; without `checkpoints` a tail that is cut off does not show."""

    def __init__(self, key: bytes, clock: Clock, checkpoints: Checkpoints | None = None) -> None:
        self._key, self._clock, self._checkpoints = key, clock, checkpoints

    @classmethod
    def of(cls, keys: KeyRing, service: str, clock: Clock, second_place: Path) -> "Audit":
        """The chain of a service of this installation, whose ends are noted in a folder elsewhere."""
        key = keys.secret(f"audit-{service}")
        return cls(key, clock, Checkpoints(second_place, service, key))

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
        seen: Iterable[str] = (),
    ) -> int:
        """Add one act within the caller's transaction, and whose data it showed; returns its number."""
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        last, now = _last(connection), self._clock.now()
        if last is not None and (last.seq % EVERY == 0 or last.at[:10] != now.date().isoformat()):
            self._note(last)
        row: dict[str, Any] = {
            "seq": last.seq + 1 if last else 1,
            "at": now.isoformat(timespec="milliseconds"),
            "actor": actor,
            "action": action,
            "object": object_,
            "reason": reason,
            "trace_id": trace_id,
            "result": result,
            "previous": last.hash if last else GENESIS,
        }
        connection.execute(TABLE.insert().values(**row, hash=_seal(self._key, row)))
        if shown := [{"seq": row["seq"], "ref": ref} for ref in sorted(set(seen))]:
            connection.execute(SEEN.insert(), shown)
        return int(row["seq"])

    def checkpoint(self, connection: Connection) -> None:
        """Note the end of the chain now, e.g. beside a backup."""
        last = _last(connection)
        if last is not None:
            self._note(last)

    def verify(self, connection: Connection) -> Verified:
        """Go through the whole chain as it is stored, and by every checkpoint; raises CheckpointBroken."""
        rows = connection.execution_options(yield_per=10_000).execute(sa.select(TABLE).order_by(TABLE.c.seq))
        noted = self._checkpoints.read() if self._checkpoints else []
        return verify(self._key, (dict(row) for row in rows.mappings()), noted)

    def _note(self, last: Any) -> None:
        if self._checkpoints:
            self._checkpoints.note(Checkpoint(last.seq, last.hash, last.at))


def _last(connection: Connection) -> Any:
    chosen = sa.select(TABLE.c.seq, TABLE.c.hash, TABLE.c.at).order_by(TABLE.c.seq.desc()).limit(1)
    return connection.execute(chosen).one_or_none()


def verify(key: bytes, rows: Iterable[Mapping[str, Any]], noted: Sequence[Checkpoint] = ()) -> Verified:
    """Check rows in order: numbers without gaps, each sealing the one before, and every noted end where it was.

    A tail that was cut off, or an old state put back, leaves a chain that is whole in itself; only an end `noted`
    elsewhere shows it.
    """
    ends = {one.seq: one.hash for one in noted}
    previous, count = GENESIS, 0
    for row in rows:
        why = _wrong(key, row, count + 1, previous)
        if not why and ends.get(row["seq"], row["hash"]) != row["hash"]:
            why = f"row {count + 1} is not the one its checkpoint knew"
        if why:
            return Verified(count, count + 1, why, previous)
        previous, count = row["hash"], count + 1
    if count < max(ends, default=0):
        return Verified(count, count + 1, f"rows {count + 1} to {max(ends)} are missing", previous)
    return Verified(count, head=previous)


def _wrong(key: bytes, row: Mapping[str, Any], expected: int, previous: str) -> str:
    if row["seq"] != expected:
        return f"row {expected} is missing"
    if row["previous"] != previous:
        return f"row {expected} does not follow the row before it"
    if not hmac.compare_digest(str(row["hash"]).encode(), _seal(key, row).encode()):
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


def create_seen_table(op: Any) -> None:
    """For a migration: whose data each act showed, and the index by which an incident is answered."""
    columns = (sa.Column("seq", sa.Integer, primary_key=True), sa.Column("ref", sa.Text, primary_key=True))
    op.create_table("audit_seen", *columns)
    op.create_index("audit_by_actor", "audit", ["actor", "at"])
