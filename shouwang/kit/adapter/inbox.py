"""The inbox: 202 is answered after, and only after, this has committed; what it took is worked on later."""

import base64
import hashlib
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from shouwang.kit.adapter import parts
from shouwang.kit.adapter.auth import Caller
from shouwang.kit.adapter.spool import Spool
from shouwang.kit.adapter.tables import InboxRow, ListPartRow, RepeatRow, SendingRow, microseconds, table_of
from shouwang.kit.clock import Clock
from shouwang.kit.database import AWAY, reading
from shouwang.kit.identity import Identity
from shouwang.kit.keys import KeyRing
from shouwang.kit.problems import Problem, of_database

DAY_US = 86_400_000_000
KEPT_DAYS = 30
"""How long a raw sending rests, sealed (docs/feeds.md, drop folder; docs/design.md R8)."""

REPEAT_HOURS = 72
WAITING = 5_000
"""Sendings waiting to be translated beyond which senders are told to come back: days of work for one county."""

_SENDING, _INBOX, _PART, _REPEAT = (table_of(model) for model in (SendingRow, InboxRow, ListPartRow, RepeatRow))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a sender said of a sending beside its rows."""

    feed: str
    source: str
    shape: str | None = None
    as_of: date | None = None
    scope: str = ""
    repeat_key: str = ""

    def said(self) -> str:
        """As one text, so that the same bytes asked for otherwise are another sending."""
        return "|".join((self.feed, self.shape or "", self.as_of.isoformat() if self.as_of else "", self.scope))


class Inbox:
    """Takes what was sent: sealed, in one transaction, with the receipt."""

    def __init__(self, engine: Engine, keyring: KeyRing, clock: Clock) -> None:
        self._engine, self._keyring, self._clock = engine, keyring, clock
        self._sealer = keyring.sealer("inbox")

    def spool(self, receipt: str = "", *, part: int = 1) -> Spool:
        """Where the bytes of one upload go."""
        now = self._clock.now()
        made = f"{now:%Y%m%d}-{base64.b32encode(secrets.token_bytes(10)).decode().lower()}"
        return Spool(self._engine, self._sealer, receipt or made, microseconds(now), part=part)

    def require_room(self) -> None:
        """Raise Problem 503 while too much waits to be translated."""
        with reading(self._engine).connect() as connection:
            waiting = connection.execute(
                select(func.count()).select_from(_SENDING).where(_SENDING.c.state == "working")
            ).scalar_one()
        if waiting >= WAITING:
            raise Problem(
                503, "busy", "待处理的报送过多", "请一分钟后再报送；已送达的内容不受影响。", {"Retry-After": "60"}
            )

    def take(self, spool: Spool, caller: Caller, asked: Asked) -> str:
        """Store one sending; returns its receipt, or the earlier one's when this request was made before."""
        identity = self._keyring.identity(caller.county)
        digest = identity.digest(spool.digest)

        def commit(connection: Connection) -> str:
            before = self._before(connection, caller, asked, identity, digest)
            if before:
                connection.execute(delete(_INBOX).where(_INBOX.c.receipt == spool.receipt))
                return before
            spool.store(connection)
            row = self._row(connection, spool.receipt, caller, asked, "working")
            connection.execute(insert(_SENDING).values(row | {"digest": digest, "size": spool.size}))
            self._remember(connection, caller, asked, identity, digest, spool.receipt)
            return spool.receipt

        return self._commit(commit)

    def take_part(self, content: bytes, caller: Caller, asked: Asked, list_id: str, part: int) -> str:
        """Store one part of a list; returns the receipt the whole list will have."""
        digest = self._keyring.identity(caller.county).digest(hashlib.sha256(content).hexdigest())

        def commit(connection: Connection) -> str:
            whole = self._open_list(connection, caller, asked, list_id)
            found = connection.execute(
                select(_PART.c.digest).where(_PART.c.sending_id == whole["id"], _PART.c.part == part)
            ).scalar_one_or_none()
            if found == digest:
                return str(whole["receipt"])
            parts.require_open(whole, differs=found is not None)
            parts.require_fits(connection, whole["receipt"], len(content))
            spool = self.spool(whole["receipt"], part=part)
            spool.add(content)
            spool.store(connection)
            connection.execute(insert(_PART).values(sending_id=whole["id"], part=part, digest=digest))
            return str(whole["receipt"])

        return self._commit(commit)

    def complete(self, caller: Caller, feed: str, list_id: str) -> str:
        """Close a list in parts; from now on it is one sending. Closing it again changes nothing."""
        identity = self._keyring.identity(caller.county)

        def commit(connection: Connection) -> str:
            whole = self._list(connection, caller.county, feed, list_id)
            if whole is None:
                raise Problem(404, "list_unknown", "没有这份分批名单", "请核对分批编号；先送各部分，再报收齐。")
            if whole["state"] != "open":
                return str(whole["receipt"])
            came = connection.execute(
                select(_PART.c.part, _PART.c.digest).where(_PART.c.sending_id == whole["id"]).order_by(_PART.c.part)
            ).all()
            missing = sorted(set(range(1, came[-1].part + 1)) - {part.part for part in came}) if came else [1]
            if missing:
                named = "、".join(map(str, missing[:10]))
                raise Problem(409, "parts_missing", "名单还没有送齐", f"缺第 {named} 部分，请补送后再报收齐。")
            size = connection.execute(
                select(func.sum(_INBOX.c.size)).where(_INBOX.c.receipt == whole["receipt"])
            ).scalar_one()
            connection.execute(
                update(_SENDING).where(_SENDING.c.id == whole["id"]).values(
                    state="working", received_us=self._received(connection), today=self._clock.today(caller.county),
                    digest=identity.digest("|".join(part.digest for part in came)), size=size,
                )
            )  # fmt: skip
            return str(whole["receipt"])

        return self._commit(commit)

    def purge(self) -> int:
        """Forget raw sendings after 30 days, uploads never finished after one, and old idempotency keys."""
        now = microseconds(self._clock.now())
        known = select(_SENDING.c.receipt)
        with self._engine.begin() as connection:
            old = connection.execute(delete(_INBOX).where(_INBOX.c.created_us < now - KEPT_DAYS * DAY_US)).rowcount
            connection.execute(delete(_INBOX).where(_INBOX.c.created_us < now - DAY_US, _INBOX.c.receipt.not_in(known)))
            connection.execute(delete(_REPEAT).where(_REPEAT.c.expires_us < now))
            parts.give_up(connection, now)
            connection.execute(
                update(_SENDING)
                .where(_SENDING.c.state == "held", _SENDING.c.received_us < now - KEPT_DAYS * DAY_US)
                .values(
                    state="refused",
                    reason="discarded",
                    hint="超过 30 天没有处理，原文已销毁，请重新报送",
                    settled_us=now,
                )
            )
        self._sealer.destroy_before((self._clock.now() - timedelta(days=KEPT_DAYS + 1)).date())
        return old

    def _before(self, connection: Connection, caller: Caller, asked: Asked, identity: Identity, digest: str) -> str:
        """The receipt of the same request made before; raises Problem 409 when it had other content."""
        if not asked.repeat_key:
            return ""
        found = (
            connection.execute(
                select(_REPEAT).where(
                    _REPEAT.c.county == caller.county, _REPEAT.c.key == identity.digest(asked.repeat_key)
                )
            )
            .mappings()
            .one_or_none()
        )
        if found is None or found["expires_us"] < microseconds(self._clock.now()):
            return ""
        if found["digest"] != identity.digest(f"{asked.said()}|{digest}"):
            raise Problem(
                409,
                "repeat_conflict",
                "同一个 Idempotency-Key 已用于不同的内容",
                "重试请原样重发；新的报送请换一个新的 Idempotency-Key。",
            )
        return str(found["receipt"])

    def _remember(
        self, connection: Connection, caller: Caller, asked: Asked, identity: Identity, digest: str, receipt: str
    ) -> None:
        if not asked.repeat_key:
            return
        key = identity.digest(asked.repeat_key)
        connection.execute(delete(_REPEAT).where(_REPEAT.c.county == caller.county, _REPEAT.c.key == key))
        connection.execute(
            insert(_REPEAT).values(
                county=caller.county, key=key, digest=identity.digest(f"{asked.said()}|{digest}"), receipt=receipt,
                expires_us=microseconds(self._clock.now() + timedelta(hours=REPEAT_HOURS)),
            )
        )  # fmt: skip

    def _open_list(self, connection: Connection, caller: Caller, asked: Asked, list_id: str) -> RowMapping:
        """The sending of a list in parts; begun with its first part."""
        whole = self._list(connection, caller.county, asked.feed, list_id)
        if whole is None:
            parts.require_few(connection, caller.county)
            row = self._row(connection, self.spool().receipt, caller, asked, "open")
            connection.execute(insert(_SENDING).values(row | {"list_id": list_id}))
            whole = self._list(connection, caller.county, asked.feed, list_id)
        if whole is None or (whole["asked_shape"], whole["asked_as_of"], whole["scope"]) != (
            asked.shape, asked.as_of, asked.scope
        ):  # fmt: skip
            raise Problem(
                409, "list_conflict", "同一份分批名单的参数前后不一致", "各部分的 shape、as_of、scope 应当相同。"
            )
        return whole

    def _list(self, connection: Connection, county: str, feed: str, list_id: str) -> RowMapping | None:
        return (
            connection.execute(
                select(_SENDING).where(
                    _SENDING.c.county == county, _SENDING.c.feed == feed, _SENDING.c.list_id == list_id
                )
            )
            .mappings()
            .one_or_none()
        )

    def _row(self, connection: Connection, receipt: str, caller: Caller, asked: Asked, state: str) -> dict[str, Any]:
        row = SendingRow(
            receipt=receipt, county=caller.county, feed=asked.feed, source=asked.source, sender=caller.name,
            received_us=self._received(connection), today=self._clock.today(caller.county),
            asked_shape=asked.shape, asked_as_of=asked.as_of, scope=asked.scope, state=state, digest="", size=0,
        )  # fmt: skip
        return row.model_dump(exclude={"id"})

    def _received(self, connection: Connection) -> int:
        """Now, but later than all received before: what arrives later is stated later, whatever the clock does."""
        last = connection.execute(select(func.max(_SENDING.c.received_us))).scalar_one()
        return max(microseconds(self._clock.now()), (last or 0) + 1)

    def _commit(self, work: Callable[[Connection], str]) -> str:
        try:
            with storing(), self._engine.begin() as connection:
                return work(connection)
        except IntegrityError:  # the same request at the same moment: one was first, now it can be seen
            with storing(), self._engine.begin() as connection:
                return work(connection)


@contextmanager
def storing() -> Iterator[None]:
    """A database that cannot take it now is said as Problem 507 (full) or 503."""
    try:
        yield
    except AWAY as away:
        raise of_database(away) from None
