"""Erasing a person: everything alerts has stored of one, in the transaction of the unit of work that forgets it too.

Words and facts go; alerts of the households that named the person lose what they said of it. Who asked and why stands
in the audit chain. On SQLite the freed pages are overwritten; on PostgreSQL they are at the next vacuum.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update

from services.alerts.store.reading import ALERTS, FACT_ROWS, WORDS
from services.alerts.store.rows import LAST, ChangeRow, ErasureRow, OutboxRow, place_in, table_of

CHANGES, OUTBOX, ERASURES = (table_of(model) for model in (ChangeRow, OutboxRow, ErasureRow))
SAID_LESS = "有成员的数据已依法删除"
"""What stands in place of the reason of a change that named somebody who was erased."""
_AT_ONCE = 500

T = TypeVar("T")


class Erasure(NamedTuple):
    """One person to be erased: the row of the request, and every household the person was ever stated to be in."""

    row: int
    subject: str
    households: tuple[str, ...]


def ask(connection: Connection, county: str, subject: str, at: str) -> int:
    """Note that somebody is to be erased; returns the number of the request."""
    made = connection.execute(insert(ERASURES).values(county=int(county), subject=subject, asked_at=at))
    (row,) = made.inserted_primary_key or (0,)
    return int(row)


def read_asked(connection: Connection, counties: Collection[str]) -> dict[str, list[tuple[int, str]]]:
    """By county (row, subject) of who is still to be erased."""
    waiting = select(ERASURES.c.county, ERASURES.c.row, ERASURES.c.subject).where(
        ERASURES.c.done_at.is_(None), ERASURES.c.county.in_([int(code) for code in counties])
    )
    found: dict[str, list[tuple[int, str]]] = {}
    for county, row, subject in connection.execute(waiting.order_by(ERASURES.c.row)):
        found.setdefault(f"{county:06d}", []).append((row, subject))
    return found


def is_asked(connection: Connection, row: int) -> bool:
    """Whether a request is still to be done."""
    waiting = select(ERASURES.c.row).where(ERASURES.c.row == row, ERASURES.c.done_at.is_(None))
    return connection.execute(waiting).first() is not None


def finish(connection: Connection, counties: Collection[str], at: str) -> None:
    """Everything asked so far in these counties is done: the log has forgotten what it said too."""
    here = ERASURES.c.county.in_([int(code) for code in counties])
    connection.execute(update(ERASURES).where(here, ERASURES.c.done_at.is_(None)).values(done_at=at))


def erase(connection: Connection, county: str, erasures: Sequence[Erasure]) -> None:
    """Erase these people of a county; what the unit of work says of them has been written before."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete=ON")
    people = {one.subject for one in erasures}
    within = (WORDS.c.place > place_in(county, 0)) & (WORDS.c.place <= place_in(county, LAST))
    connection.execute(delete(FACT_ROWS).where(FACT_ROWS.c.county == int(county), FACT_ROWS.c.subject.in_(people)))
    connection.execute(delete(WORDS).where(within, WORDS.c.subject.in_(people)))
    homes = {ref for one in erasures for ref in one.households}
    _say_less(connection, county, homes, people)


def _say_less(connection: Connection, county: str, homes: Iterable[str], people: Collection[str]) -> None:
    """Take what was said of people out of their households' alerts, the alerts' history and what was said of it."""
    for some in _chunks(sorted(homes)):
        own = ALERTS.c.county == int(county), ALERTS.c.subject.in_(some)
        alerts = connection.execute(select(ALERTS.c.row, ALERTS.c.evidence).where(*own)).all()
        _rewrite(connection, ALERTS, "row", [(row, {"evidence": _without(said, people)}) for row, said in alerts])
        here = (CHANGES.c.place > place_in(county, 0)) & (CHANGES.c.place <= place_in(county, LAST))
        changes = connection.execute(
            select(CHANGES.c.place, CHANGES.c.evidence).where(here, CHANGES.c.subject.in_(some))
        ).all()
        less = [(place, {"evidence": _without(said, people), "reason": SAID_LESS}) for place, said in changes]
        _rewrite(connection, CHANGES, "place", less)
        _rewrite_outbox(connection, [place for place, _ in changes], people)


def _rewrite_outbox(connection: Connection, places: Sequence[int], people: Collection[str]) -> None:
    for some in _chunks(places):
        rows = connection.execute(select(OUTBOX.c.place, OUTBOX.c.value).where(OUTBOX.c.place.in_(some))).all()
        _rewrite(connection, OUTBOX, "place", [(place, {"value": _said_less(value, people)}) for place, value in rows])


def _rewrite(connection: Connection, table: Table, key: str, rows: Sequence[tuple[int, dict[str, Any]]]) -> None:
    if rows:
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in rows[0][1]}
        marks = [{"at": at, **{f"new_{name}": value for name, value in new.items()}} for at, new in rows]
        connection.execute(update(table).where(table.c[key] == bindparam("at")).values(values), marks)


def _without(evidence: str, people: Collection[str]) -> str:
    """An alert's canonical JSON without the signals of these people."""
    said = json.loads(evidence)
    said["signals"] = [one for one in said["signals"] if one["subject"] not in people]
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _said_less(value: bytes, people: Collection[str]) -> bytes:
    """A word of alerts without them."""
    said = json.loads(value)
    data = said["data"]
    data["signals"] = [one for one in data["signals"] if one["subject"] not in people]
    data["reason"] = SAID_LESS
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def _chunks(values: Sequence[T]) -> Iterable[Sequence[T]]:
    return (values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE))
