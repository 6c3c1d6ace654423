"""The ledger: where everything of one partition number stands, and the fence that only one writer passes."""

from datetime import date, datetime

from pydantic import BaseModel
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from services.alerts.store.rows import LedgerRow, table_of

LEDGER = table_of(LedgerRow)


class Moved(Exception):
    """Somebody else has committed to this partition since we read: read again before going on."""


LET_GO = (
    "stop the worker, run `python -m services.alerts.store let-go TOPIC`, start it and let the department send again"
)
"""The remedy when a topic is not the one we were reading: numbers drop what was seen and name what is missing."""


def gap_of(department: str) -> str:
    """How the reason of a letter begins that tells of missing numbers."""
    return f"{department}: numbers "


class Hole(RuntimeError):
    """The log no longer holds what comes next; the message is one sentence with the remedy."""

    def __init__(self, topic: str, partition: int, stored: int, first: int) -> None:
        super().__init__(
            f"{topic} partition {partition}: we have read up to {stored}, the log goes on at {first}: "
            + LET_GO.replace("TOPIC", topic)
        )


class TopicReplaced(RuntimeError):
    """The topic is another one than the one read so far; the message is one sentence with the remedy."""

    def __init__(self, topic: str, partition: int, stored: str, found: str) -> None:
        super().__init__(
            f"{topic} partition {partition} was made anew (its id was {stored}, now it is {found}): "
            f"put the old topic back, or " + LET_GO.replace("TOPIC", topic)
        )


class Position(BaseModel):
    """Where reading stands in this partition of one topic."""

    topic_id: str
    next: int


class Opening(BaseModel):
    """That a county is opened: from which day alerts make cases, and how much of what stood before is let out a day."""

    on: date
    budget: int
    """Per township and day."""
    by: str
    at: datetime


class CountyLedger(BaseModel):
    """Where one county stands in its own order."""

    day: date | None = None
    """The day judged by; none before the county's first batch."""
    rulebook: str = ""
    seqs: dict[str, int] = {}
    """The highest number seen of each department."""
    missing: dict[str, list[tuple[int, int]]] = {}
    """Numbers passed over, first and last of each gap: a word that comes with one of them is not a repeat."""
    words: int = 0
    changes: int = 0
    letters: dict[str, int] = {}
    """Unreadable words per feed since it was last started."""
    stopped: list[str] = []
    """Feeds beyond their limit of letters: their words wait in order as letters."""
    opening: Opening | None = None
    """None until a named officer has opened the county."""


class Ledger(BaseModel):
    """One partition number: the next offset of every topic, and every county's numbers and day."""

    partition: int
    version: int = 0
    positions: dict[str, Position] = {}
    counties: dict[str, CountyLedger] = {}
    let_go: list[str] = []
    """Topics of which reading may begin wherever the log begins, once: an operator has said so."""

    said_on: str = ""
    """The identity of the alerts topic the outbox has been sent to; none before its first look."""

    def county(self, code: str) -> CountyLedger:
        """A county's part, made when first asked for."""
        county = self.counties.get(code)
        if county is None:
            county = self.counties[code] = CountyLedger()
        return county

    def next_of(self, topic: str) -> int:
        """Where reading stands in a topic; 0 before its first batch."""
        position = self.positions.get(topic)
        return position.next if position else 0


def read_ledger(connection: Connection, partition: int) -> Ledger:
    """The stored ledger of a partition; a new one, version 0, when there is none."""
    row = connection.execute(select(LEDGER.c.version, LEDGER.c.state).where(LEDGER.c.partition == partition)).first()
    if row is None:
        return Ledger(partition=partition)
    ledger = Ledger.model_validate_json(row.state)
    ledger.version = row.version
    return ledger


def read_ledgers(connection: Connection) -> list[Ledger]:
    """Every partition's ledger."""
    partitions = connection.execute(select(LEDGER.c.partition).order_by(LEDGER.c.partition)).scalars().all()
    return [read_ledger(connection, partition) for partition in partitions]


def raise_ledger(connection: Connection, ledger: Ledger) -> None:
    """Store a ledger over the version it was read at; raises Moved when the stored one has another version.

    This is the first statement of every commit: on PostgreSQL it also holds the row until the commit, so that of two
    writers the second waits, finds the version raised and gives up.
    """
    found = ledger.version
    ledger.version = found + 1
    state = ledger.model_dump_json(exclude={"version"})
    if found:
        statement = (
            update(LEDGER)
            .where(LEDGER.c.partition == ledger.partition, LEDGER.c.version == found)
            .values(version=ledger.version, state=state)
        )
        if connection.execute(statement).rowcount != 1:
            raise Moved
        return
    try:
        connection.execute(insert(LEDGER).values(partition=ledger.partition, version=ledger.version, state=state))
    except IntegrityError as taken:
        raise Moved from taken
