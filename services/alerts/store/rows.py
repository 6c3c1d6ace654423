"""What alerts keeps, as tables: narrow, because writing them is a large part of what a word costs (docs/kafka.md)."""

from typing import Any, Final, cast

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table, Text, inspect, text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from contracts.civil_affairs import HouseholdMember

COUNTY_BITS: Final = 40
"""A number in a county's order carries the county in front: room for 10^12 words of each county."""


LAST: Final = (1 << COUNTY_BITS) - 1
"""The highest number an entry of a county can have."""


def place_in(county: str, number: int) -> int:
    """Where a county's `number`th entry stands: one integer, growing with the county's order, unique over counties."""
    return int(county) << COUNTY_BITS | number


def county_at(place: int) -> str:
    """The county of an entry."""
    return f"{place >> COUNTY_BITS:06d}"


def number_at(place: int) -> int:
    """The number of an entry within its county's order."""
    return place & LAST


class AlertsTable(SQLModel, registry=registry()):
    """What the alerts tables share: a metadata of their own, since in one process other services have an outbox too."""


def table_of(model: type[AlertsTable]) -> Table:
    """A model's table, for bulk statements."""
    return cast("Table", inspect(model).local_table)


def _place() -> Any:
    return Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))


def _row() -> Any:
    # An integer of SQLite's own (its rowid) with a unique index beside it: 127 k rows/s against 75 k for a text key
    # that is the table's order (docs/kafka.md 4).
    return Field(
        default=None,
        sa_column=Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    )


OF_COUNTY: Final = text("length(subject) = 6")
"""Entries about the county itself, as its index says it, letter for letter: else the index is not used."""


class WordRow(AlertsTable, table=True):
    """One entry of a county's order, never changed: a word, the close of a sending, a day's turn, a rulebook."""

    __tablename__ = "words"
    place: int = _place()
    type: str
    subject: str
    key: str
    op: str
    as_of: str
    """The day as ISO text, so that its order is the order of days."""
    stated_at: str
    line: int
    id: str
    sending: str
    data: str | None = Field(default=None, sa_column=Column(Text))

    # A county's code has six characters and no other subject has: what closes sendings, days and rulebooks.
    __table_args__ = (Index("words_of_county", "place", sqlite_where=OF_COUNTY, postgresql_where=OF_COUNTY),)


class FactRow(AlertsTable, table=True):
    """What stands: of each fact the place of its newest word, also when that word takes the fact back."""

    __tablename__ = "facts"
    row: int | None = _row()
    county: int
    subject: str
    type: str
    key: str
    word: int = Field(sa_column=Column(BigInteger, nullable=False))
    says_so: bool
    """False for a tombstone: kept, because an older word may still arrive."""

    __table_args__ = (
        Index("facts_by_subject", "county", "subject", "type", "key", unique=True),
        # "Everyone who has any membership naming this household": the key of a membership is the household.
        Index(
            "facts_by_household",
            "county",
            "key",
            "subject",
            sqlite_where=text(f"type = '{HouseholdMember.meta.type}'"),
            postgresql_where=text(f"type = '{HouseholdMember.meta.type}'"),
        ),
    )


class ListRow(AlertsTable, table=True):
    """The newest list of a scope: that it came, and whom it could not read (JSON)."""

    __tablename__ = "lists"
    row: int | None = _row()
    county: int
    type: str
    period: str
    area: str
    as_of: str
    stated_at: str
    sending: str
    closed: str = Field(sa_column=Column(Text, nullable=False))

    __table_args__ = (Index("lists_by_scope", "county", "type", "period", "area", unique=True),)


class OpenRow(AlertsTable, table=True):
    """A sending that has said something new and is not closed.

    Whom it concerns stands in `words` from `place` on and is not written a second time: the households of its subjects
    are judged when it closes, or when the day turns.
    """

    __tablename__ = "open_sendings"
    row: int | None = _row()
    county: int
    sending: str
    place: int = Field(sa_column=Column(BigInteger, nullable=False))
    """Before its first word that has not been judged by."""

    __table_args__ = (Index("open_by_sending", "county", "sending", unique=True),)


class JudgedRow(AlertsTable, table=True):
    """What judging needs to know of a household or village before it looks at it."""

    __tablename__ = "judged"
    row: int | None = _row()
    county: int
    subject: str
    village: str | None
    """The village it was last judged in, empty where none is known; none: of the first issue, to be judged by anything
    said of any village."""
    due: str | None
    """The next day on which its answer can change by time alone."""

    __table_args__ = (
        Index("judged_by_subject", "county", "subject", unique=True),
        Index("judged_by_village", "county", "village"),
        Index("judged_by_due", "county", "due"),
    )


class AlertRow(AlertsTable, table=True):
    """An alert: (subject, rule), standing or past."""

    __tablename__ = "alerts"
    row: int | None = _row()
    county: int
    subject: str
    rule: str
    standing: bool
    level: str
    class_: str = Field(sa_column=Column("class", String, nullable=False))
    suppressed: bool
    village: str
    evidence: str = Field(sa_column=Column(Text, nullable=False))
    """The alert as canonical JSON: equal alerts are equal text."""
    raised_on: str
    rulebook: str
    episodes: int
    """How often it has begun to stand."""

    __table_args__ = (
        Index("alerts_by_subject", "county", "subject", "rule", unique=True),
        # A queue page reads nothing but this: 143 ms instead of 350 at 173,000 alerts.
        Index(
            "alerts_raised",
            "county",
            "subject",
            "level",
            "raised_on",
            "village",
            "rule",
            sqlite_where=text("standing AND NOT suppressed"),
            postgresql_where=text("standing AND NOT suppressed"),
        ),
    )


class ChangeRow(AlertsTable, table=True):
    """One change of an alert, never changed itself: the alerts' history."""

    __tablename__ = "alert_changes"
    place: int = _place()
    subject: str
    rule: str
    kind: str
    level: str
    reason: str
    day: str
    word: int = Field(sa_column=Column(BigInteger, nullable=False))
    """The place of the county's last entry when the change was noticed."""
    evidence: str = Field(sa_column=Column(Text, nullable=False))


class OutboxRow(AlertsTable, table=True):
    """What is still to be said on the alerts topic, or was said and may have to be said again."""

    __tablename__ = "outbox"
    place: int = _place()
    value: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class PublishedRow(AlertsTable, table=True):
    """Up to where a county's outbox has been acknowledged by the log."""

    __tablename__ = "published"
    county: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    place: int = Field(sa_column=Column(BigInteger, nullable=False))


class LetterRow(AlertsTable, table=True):
    """A letter at rest; see `shouwang.kit.letters`."""

    __tablename__ = "letters"
    row: int | None = _row()
    place: str = Field(unique=True)
    partition: int
    county: int
    """0 where the county could not be read."""
    feed: str
    stage: str
    reason: str
    written_at: str
    wanted: bool = Field(sa_column=Column(Boolean, nullable=False))
    """True once a person has asked for it to be tried again."""
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class ErasureRow(AlertsTable, table=True):
    """A person to be erased, and when that was done; who asked and why stands in the audit chain."""

    __tablename__ = "erasures"
    row: int | None = _row()
    county: int
    subject: str
    asked_at: str
    done_at: str | None


class LedgerRow(AlertsTable, table=True):
    """Where everything of one partition number stands; its version is the fence (docs/design.md 7)."""

    __tablename__ = "ledger"
    partition: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    version: int
    state: str = Field(sa_column=Column(Text, nullable=False))
    """`services.alerts.store.ledger.Ledger` as JSON."""


class AttemptRow(AlertsTable, table=True):
    """A try at one place of one topic that has not been committed; more than two tell of a batch that kills."""

    __tablename__ = "attempts"
    partition: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    topic: str = Field(primary_key=True)
    offset: int = Field(sa_column=Column(BigInteger, nullable=False))
    tries: int


class AccountRow(AlertsTable, table=True):
    """Somebody who may sign in; an account that was ended stays, with who ended it."""

    __tablename__ = "accounts"
    login: str = Field(primary_key=True)
    name: str
    role: str
    area: str
    """The beginning of the village codes that are theirs."""
    secret: str
    """Argon2id of the password, with its salt and cost."""
    created_at: str
    created_by: str
    disabled_at: str
    """Empty while the account is in use."""
    disabled_by: str


TABLES: Final = (
    WordRow,
    FactRow,
    ListRow,
    OpenRow,
    JudgedRow,
    AlertRow,
    ChangeRow,
    OutboxRow,
    PublishedRow,
    LetterRow,
    LedgerRow,
    AttemptRow,
    ErasureRow,
    AccountRow,
)
"""Every table of the alerts database; alembic reads them through `AlertsTable.metadata`."""
