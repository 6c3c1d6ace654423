"""What an adapter keeps: sendings and their receipts, the sealed inbox, keys, numbered words on their way out.

Moments are microseconds since 1970 (`_us`), days are dates; whoever a row is about is a reference.
"""

from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary, MetaData, String, Table, Text, text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shouwang.kit.adapter.statements import microseconds
from shouwang.kit.clock import SHANGHAI

__all__ = ["METADATA", "MIGRATIONS", "microseconds", "moment", "table_of"]

MIGRATIONS = Path(__file__).parent / "migrations"


class AdapterRow(SQLModel, registry=registry()):
    """A row of an adapter's own database; apart from the vault's and the alerts' tables in one process."""


METADATA: MetaData = AdapterRow.metadata
"""All tables of this room."""


def table_of(model: type[SQLModel]) -> Table:
    """The Core table of a model, for bulk statements."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table


def moment(us: int) -> datetime:
    """A stored moment, in Asia/Shanghai."""
    return datetime.fromtimestamp(us // 1_000_000, SHANGHAI).replace(microsecond=us % 1_000_000)


SORTED: Any = String().with_variant(String(collation="C"), "postgresql")
"""A text that sorts by its code points everywhere."""


def big(**more: Any) -> Any:
    """A column of 64 bits."""
    return Field(sa_type=BigInteger, **more)


def _partial(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class SendingRow(AdapterRow, table=True):
    """One sending: what was asked, what was found, what became of it."""

    __tablename__ = "sending"
    __table_args__ = (
        Index("sending_waiting", "received_us", **_partial("state = 'working'")),
        Index("sending_same", "county", "feed", "digest"),
        Index("sending_list", "county", "feed", "list_id", unique=True, **_partial("list_id IS NOT NULL")),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    receipt: str = Field(unique=True)
    county: str
    feed: str
    source: str
    """`records`, or how its name ended: `.xlsx`, `.csv`; the name itself may name a person and is not kept."""
    sender: str
    """The key it came with, `county`, or `drop`."""
    received_us: int = big()
    today: date
    """The county's day when it came."""
    asked_shape: str | None = None
    asked_as_of: date | None = None
    scope: str = ""
    list_id: str | None = None
    digest: str
    """A keyed hash of the bytes."""
    size: int = big()

    state: str
    """`open` (a list in parts, not complete) `working` `held` `done` `refused`."""
    reason: str = ""
    """Why it waits, is held or was refused: a sentence, or a code of docs/feeds.md."""
    hint: str = ""
    confirmed: bool = False
    attempts: int = 0
    retry_us: int = big(default=0)
    settled_us: int | None = big(default=None)

    shape: str = ""
    as_of: date | None = None
    periods: str = Field(default="[]", sa_type=Text)
    """The 年度, 年月 or 学年 a list is whole for, as JSON; `[""]`: the whole feed."""
    received: int = 0
    accepted: int = 0
    unchanged: int = 0
    superseded: int = 0
    duplicate: int = 0
    rejected: int = 0
    withdrawn: int = 0
    doubtful: int = 0
    kept_apart: bool = False
    """True when the register keeps its statements apart for a while, so that it can be taken back."""
    withdraw_asked_by: str = ""
    """Who wants it taken back; empty: nobody."""
    withdraw_asked_us: int | None = big(default=None)
    withdraw_agreed_by: str = ""
    """Who agreed; not empty: it is being taken back."""
    skipped: int = 0
    columns_dropped: str = Field(default="[]", sa_type=Text)


class InboxRow(AdapterRow, table=True):
    """A piece of a raw sending, sealed; destroyed after 30 days."""

    __tablename__ = "inbox"
    __table_args__ = (Index("inbox_piece", "receipt", "part", "piece", unique=True),)

    id: int | None = Field(default=None, primary_key=True)
    receipt: str
    part: int = 1
    piece: int
    sealed: bytes = Field(sa_type=LargeBinary)
    size: int
    created_us: int = big(index=True)


class ListPartRow(AdapterRow, table=True):
    """One part of a list in parts, so that the same part sent again is recognised."""

    __tablename__ = "list_part"

    sending_id: int = Field(primary_key=True)
    part: int = Field(primary_key=True)
    digest: str


class NoteRow(AdapterRow, table=True):
    """One rejected row, or one warning, of a sending."""

    __tablename__ = "note"

    id: int | None = Field(default=None, primary_key=True)
    sending_id: int = Field(index=True)
    warning: bool
    line: int | None
    column: str | None
    reason: str
    kind: str
    hint: str


class KeyRow(AdapterRow, table=True):
    """An API key of one county's bureau: the hash of its secret, never the secret."""

    __tablename__ = "api_key"

    id: str = Field(primary_key=True)
    county: str
    hash: str
    label: str
    created_us: int = big()
    created_by: str
    revoked_us: int | None = big(default=None)


class RepeatRow(AdapterRow, table=True):
    """An Idempotency-Key and what was answered to it; kept 72 hours."""

    __tablename__ = "repeat"

    county: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    digest: str
    receipt: str
    expires_us: int = big(index=True)


class NumberRow(AdapterRow, table=True):
    """How far a county's words are numbered, and how far the log has acknowledged them."""

    __tablename__ = "number"

    county: str = Field(primary_key=True)
    last: int = big(default=0)
    sent: int = big(default=0)


class OutboxRow(AdapterRow, table=True):
    """A numbered word as it goes to the log."""

    __tablename__ = "outbox"
    __table_args__ = (Index("outbox_seq", "county", "seq", unique=True),)

    id: int | None = Field(default=None, primary_key=True)
    county: str
    seq: int = big()
    value: bytes = Field(sa_type=LargeBinary)


class SentRow(AdapterRow, table=True):
    """When the words of a county up to a number had been acknowledged; what is older than 30 days is forgotten."""

    __tablename__ = "sent"

    county: str = Field(primary_key=True)
    seq: int = big(primary_key=True)
    at_us: int = big(index=True)


class TopicRow(AdapterRow, table=True):
    """Which topic `number.sent` is about: one made anew under the same name has another id, and holds nothing of it."""

    __tablename__ = "topic"

    name: str = Field(primary_key=True)
    topic_id: str


class FenceRow(AdapterRow, table=True):
    """One row whose version every translator's commit raises: two that translated at once cannot both commit."""

    __tablename__ = "fence"

    id: int = Field(primary_key=True)
    version: int = big(default=0)


class FeedRow(AdapterRow, table=True):
    """One feed of one county: what register rows hang on, and the columns of its last applied list."""

    __tablename__ = "feed"
    __table_args__ = (Index("feed_of", "county", "feed", unique=True),)

    id: int | None = Field(default=None, primary_key=True)
    county: str
    feed: str
    columns: str | None = Field(default=None, sa_type=Text)


class RegisterRow(AdapterRow, table=True):
    """What the register keeps of one fact (`statements.Entry`): the content shown, and the rest as JSON about it."""

    __tablename__ = "register"
    __table_args__ = {"sqlite_with_rowid": False}

    feed_id: int = Field(primary_key=True)
    period: str = Field(primary_key=True)
    """The key where that is the scope of a list; else empty."""
    subject: str = Field(primary_key=True, sa_type=SORTED)
    key: str = Field(primary_key=True)
    content: str = Field(sa_type=Text)
    kept: str = Field(sa_type=Text)


class ListRow(AdapterRow, table=True):
    """One list that was applied."""

    __tablename__ = "list"
    __table_args__ = (Index("list_scope", "feed_id", "period"),)

    id: int | None = Field(default=None, primary_key=True)
    feed_id: int
    period: str
    area: str
    as_of: date
    stated_us: int = big()
    receipt: str
    readable: int
    columns: str | None = Field(default=None, sa_type=Text)
    """The feed's own columns that it had, as JSON."""


class UnreadRow(AdapterRow, table=True):
    """A subject, or one fact of it, that a list could not read."""

    __tablename__ = "unread"

    id: int | None = Field(default=None, primary_key=True)
    list_id: int = Field(index=True)
    subject: str
    key: str | None


class BearerRow(AdapterRow, table=True):
    """A name (keyed hash) a subject has borne in this department's rows."""

    __tablename__ = "bearer"
    __table_args__ = (Index("bearer_name", "county", "name"), {"sqlite_with_rowid": False})

    county: str = Field(primary_key=True)
    subject: str = Field(primary_key=True, sa_type=SORTED)
    name: str = Field(primary_key=True)


class ConfirmedRow(AdapterRow, table=True):
    """A number ending in 000 (keyed hash) that an officer has confirmed."""

    __tablename__ = "confirmed"

    county: str = Field(primary_key=True)
    digest: str = Field(primary_key=True)
    officer: str
    at_us: int = big()
