"""What staff and commands read: households with standing alerts in their order, words as they came, letters, counts."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    RowMapping,
    Select,
    and_,
    case,
    delete,
    func,
    select,
    tuple_,
    update,
)

from services.alerts.domain.household import MEMBER
from services.alerts.store.ledger import LEDGER, Ledger, read_ledgers
from services.alerts.store.reading import ALERTS, FACT_ROWS, OPEN, WORDS
from services.alerts.store.rows import LAST, LetterRow, table_of

LETTERS = table_of(LetterRow)
LEVELS: Final = ("red", "orange", "yellow")
"""Heaviest first."""

_RANK: Final = case({level: rank for rank, level in enumerate(LEVELS)}, value=ALERTS.c.level, else_=len(LEVELS))
_CHUNK: Final = 2_000
"""Rows fetched at once while streaming."""


class Wanted(NamedTuple):
    """Which subjects a queue shows; an empty field is every one."""

    county: str
    level: str = ""
    rule: str = ""
    village: str = ""
    rules: tuple[str, ...] = ()
    """Subjects with an alert by any of these."""
    area: str = ""
    """The beginning of the village codes that are the officer's; every one for the county."""


class Place(NamedTuple):
    """Where a subject stands in the queue: its heaviest level's rank, since when, and its reference."""

    rank: int
    since: str
    subject: str


class Queued(NamedTuple):
    """A subject with standing alerts."""

    place: Place
    village: str


def _subjects(wanted: Wanted) -> Select[Any]:
    """Each subject with alerts that stand and are raised: heaviest rank, first day, village."""
    rank, since = func.min(_RANK).label("rank"), func.min(ALERTS.c.raised_on).label("since")
    chosen = (
        select(ALERTS.c.subject, rank, since, func.max(ALERTS.c.village).label("village"))
        .where(_raised(wanted))
        .group_by(ALERTS.c.subject)
    )
    if wanted.level:
        chosen = chosen.having(rank == LEVELS.index(wanted.level))
    if wanted.rule:
        chosen = chosen.having(func.max(case((ALERTS.c.rule == wanted.rule, 1), else_=0)) == 1)
    if wanted.rules:
        chosen = chosen.having(func.max(case((ALERTS.c.rule.in_(wanted.rules), 1), else_=0)) == 1)
    if wanted.village:
        chosen = chosen.having(func.max(ALERTS.c.village) == wanted.village)
    return chosen


def read_queue(connection: Connection, wanted: Wanted, after: Place | None, limit: int) -> list[Queued]:
    """The next subjects after a place: heaviest first, then those that stand longest."""
    found = _subjects(wanted).subquery()
    chosen = select(found).order_by(found.c.rank, found.c.since, found.c.subject).limit(limit)
    if after:
        chosen = chosen.where(tuple_(found.c.rank, found.c.since, found.c.subject) > tuple_(*after))
    rows = connection.execute(chosen)
    return [Queued(Place(row.rank, row.since, row.subject), row.village) for row in rows]


def count_queue(connection: Connection, wanted: Wanted) -> dict[str, int]:
    """How many subjects stand at each level."""
    found = _subjects(wanted).subquery()
    rows = connection.execute(select(found.c.rank, func.count()).group_by(found.c.rank))
    return {LEVELS[rank]: count for rank, count in rows if rank < len(LEVELS)}


def count_by(connection: Connection, wanted: Wanted, column: str) -> dict[str, int]:
    """How many subjects of a county and area stand by `rule` or by `village`."""
    by = ALERTS.c[column]
    rows = connection.execute(
        select(by, func.count(ALERTS.c.subject.distinct())).where(_raised(wanted)).group_by(by).order_by(by)
    )
    return {value: count for value, count in rows}  # noqa: C416 (rows are tuples only at run time)


def _raised(wanted: Wanted) -> ColumnElement[bool]:
    raised = and_(ALERTS.c.county == int(wanted.county), ALERTS.c.standing, ~ALERTS.c.suppressed)
    return and_(raised, ALERTS.c.village.startswith(wanted.area, autoescape=True)) if wanted.area else raised


def read_standing(connection: Connection, *, suppressed: bool) -> Iterator[RowMapping]:
    """Every standing alert of every county, heaviest first; with `suppressed` those kept but not raised too."""
    chosen = select(ALERTS).where(ALERTS.c.standing)
    if not suppressed:
        chosen = chosen.where(~ALERTS.c.suppressed)
    ordered = chosen.order_by(_RANK, ALERTS.c.raised_on, ALERTS.c.subject, ALERTS.c.rule)
    yield from connection.execution_options(yield_per=_CHUNK).execute(ordered).mappings()


def read_words(connection: Connection) -> Iterator[RowMapping]:
    """Every entry of every county in its order."""
    chosen = select(WORDS).order_by(WORDS.c.place)
    yield from connection.execution_options(yield_per=_CHUNK).execute(chosen).mappings()


def read_letters(connection: Connection) -> Sequence[Row[Any]]:
    """Every letter, the oldest first, without its body."""
    columns = [column for column in LETTERS.c if column.name != "sealed"]
    return connection.execute(select(*columns).order_by(LETTERS.c.row)).all()


def want_letter(connection: Connection, row: int) -> bool:
    """Ask for a letter to be tried again; false when there is none."""
    statement = update(LETTERS).where(LETTERS.c.row == row).values(wanted=True)
    return connection.execute(statement).rowcount == 1


def drop_letter(connection: Connection, row: int) -> bool:
    """Throw a letter away; false when there is none."""
    return connection.execute(delete(LETTERS).where(LETTERS.c.row == row)).rowcount == 1


def count_letters(connection: Connection) -> dict[str, int]:
    """Letters at rest by county code."""
    rows = connection.execute(select(LETTERS.c.county, func.count()).group_by(LETTERS.c.county))
    return {f"{county:06d}": count for county, count in rows}


def count_dirty(connection: Connection) -> dict[str, int]:
    """Subjects waiting for their sending to close, by county code."""
    end = OPEN.c.place.op("|")(LAST)
    spoken = (WORDS.c.place > OPEN.c.place) & (WORDS.c.place <= end) & (WORDS.c.sending == OPEN.c.sending)
    counted = select(OPEN.c.county, func.count(WORDS.c.subject.distinct())).join_from(OPEN, WORDS, spoken)
    return {f"{county:06d}": count for county, count in connection.execute(counted.group_by(OPEN.c.county))}


def count_waiting(connection: Connection, county: str) -> int:
    """Persons with facts who belong to no known household."""
    member = func.max(case((FACT_ROWS.c.type == MEMBER, 1), else_=0))
    persons = (
        select(FACT_ROWS.c.subject)
        .where(FACT_ROWS.c.county == int(county), FACT_ROWS.c.subject.between("p1", "p2"))
        .group_by(FACT_ROWS.c.subject)
        .having(member == 0)
        .subquery()
    )
    return connection.execute(select(func.count()).select_from(persons)).scalar_one()


def read_version(connection: Connection) -> tuple[tuple[int, int], ...]:
    """Every partition with its version: as long as it is the same, so is everything the worker writes."""
    rows = connection.execute(select(LEDGER.c.partition, LEDGER.c.version).order_by(LEDGER.c.partition))
    return tuple((row.partition, row.version) for row in rows)


def read_positions(connection: Connection) -> list[Ledger]:
    """Where every partition stands."""
    return read_ledgers(connection)
