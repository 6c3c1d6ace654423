"""What a batch leaves behind, written in one transaction behind the fence."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection, Table, bindparam, delete

from services.alerts.store.copying import Row, add_missing, append, upsert
from services.alerts.store.erasing import Erasure, erase
from services.alerts.store.ledger import Ledger, gap_of, raise_ledger
from services.alerts.store.reading import ALERTS, FACT_ROWS, JUDGED, LISTS, OPEN, WORDS, Judged
from services.alerts.store.retention import forget_old
from services.alerts.store.rows import AttemptRow, ChangeRow, LetterRow, OutboxRow, table_of

CHANGES = table_of(ChangeRow)
OUTBOX = table_of(OutboxRow)
LETTERS = table_of(LetterRow)
ATTEMPTS = table_of(AttemptRow)

WORD_COLUMNS = ("place", "type", "subject", "key", "op", "as_of", "stated_at", "line", "id", "sending", "data")
FACT_COLUMNS = ("county", "subject", "type", "key", "word", "says_so")
FACT_KEYS = ("county", "subject", "type", "key")
ALERT_COLUMNS = (
    "county",
    "subject",
    "rule",
    "standing",
    "level",
    "class",
    "suppressed",
    "village",
    "evidence",
    "raised_on",
    "rulebook",
    "episodes",
)
CHANGE_COLUMNS = ("place", "subject", "rule", "kind", "level", "reason", "day", "word", "evidence")
LIST_COLUMNS = ("county", "type", "period", "area", "as_of", "stated_at", "sending", "closed")
LETTER_COLUMNS = ("place", "partition", "county", "feed", "stage", "reason", "written_at", "wanted", "sealed")


@dataclass(slots=True)
class Effects:
    """Everything one commit writes beside the ledger; every member is in the order and shape of its columns."""

    words: list[Row] = field(default_factory=list)
    facts: dict[tuple[int, str, str, str], Row] = field(default_factory=dict)
    """By (county, subject, type, key)."""
    closed: set[tuple[int, str]] = field(default_factory=set)
    """Sendings that are open no longer."""
    opened: list[Row] = field(default_factory=list)
    clean: set[int] = field(default_factory=set)
    """Counties in which no sending holds up judging any more, because the day has turned."""
    lists: dict[tuple[int, str, str, str], Row] = field(default_factory=dict)
    unlisted: set[tuple[int, str, str, str]] = field(default_factory=set)
    """Scopes of which no list counts any more, because the last one was taken back."""
    judged: dict[tuple[int, str], Judged] = field(default_factory=dict)
    """By (county, subject)."""
    alerts: dict[tuple[int, str, str], Row] = field(default_factory=dict)
    changes: list[Row] = field(default_factory=list)
    outbox: list[Row] = field(default_factory=list)
    letters: list[Row] = field(default_factory=list)
    settled: list[int] = field(default_factory=list)
    """Letters that are answered, by row."""
    tried: set[str] = field(default_factory=set)
    """Topics at whose place a try had been noted."""
    filled: set[tuple[str, str]] = field(default_factory=set)
    """(county, department) of which no number is missing any more: the letters about its gaps are answered."""
    month: dict[str, date] = field(default_factory=dict)
    """Counties in which a month has begun: what was kept long enough is forgotten."""
    erased: dict[str, list[Erasure]] = field(default_factory=dict)
    """People to be erased, by county."""


def commit(connection: Connection, ledger: Ledger, effects: Effects) -> None:
    """Write a batch's effects and raise the ledger, in the transaction of `connection`; raises Moved."""
    raise_ledger(connection, ledger)
    append(connection, WORDS, WORD_COLUMNS, effects.words)
    upsert(connection, FACT_ROWS, FACT_COLUMNS, FACT_KEYS, effects.facts.values())
    _write_open(connection, effects)
    _delete(connection, LISTS, LIST_COLUMNS[:4], effects.unlisted)
    upsert(connection, LISTS, LIST_COLUMNS, LIST_COLUMNS[:4], effects.lists.values())
    _write_judged(connection, effects.judged)
    upsert(connection, ALERTS, ALERT_COLUMNS, ALERT_COLUMNS[:3], effects.alerts.values())
    append(connection, CHANGES, CHANGE_COLUMNS, effects.changes)
    append(connection, OUTBOX, ("place", "value"), effects.outbox)
    _write_letters(connection, ledger.partition, effects)
    for county, day in effects.month.items():
        forget_old(connection, county, day)
    for county, people in effects.erased.items():
        erase(connection, county, people)


def _write_open(connection: Connection, effects: Effects) -> None:
    for county in effects.clean:
        connection.execute(delete(OPEN).where(OPEN.c.county == county))
    _delete(connection, OPEN, ("county", "sending"), effects.closed)
    add_missing(connection, OPEN, ("county", "sending", "place"), ("county", "sending"), effects.opened)


def _write_judged(connection: Connection, judged: dict[tuple[int, str], Judged]) -> None:
    keys = ("county", "subject")
    rows = [(*where, one.village, one.due.isoformat() if one.due else None) for where, one in judged.items()]
    upsert(connection, JUDGED, (*keys, "village", "due"), keys, rows)


def _write_letters(connection: Connection, partition: int, effects: Effects) -> None:
    _delete(connection, LETTERS, ("row",), [(row,) for row in effects.settled])
    for county, department in effects.filled:
        told = LETTERS.c.reason.startswith(gap_of(department), autoescape=True)
        connection.execute(delete(LETTERS).where(LETTERS.c.county == int(county), told))
    add_missing(connection, LETTERS, LETTER_COLUMNS, ("place",), effects.letters)
    _delete(connection, ATTEMPTS, ("partition", "topic"), [(partition, topic) for topic in effects.tried])


def _delete(connection: Connection, table: Table, keys: tuple[str, ...], rows: Iterable[Row]) -> None:
    marks = [{f"k_{key}": value for key, value in zip(keys, row, strict=True)} for row in rows]
    if marks:
        connection.execute(delete(table).where(*(table.c[key] == bindparam(f"k_{key}") for key in keys)), marks)
