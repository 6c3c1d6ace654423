"""What the worker reads before it judges: facts, memberships, standing alerts, what is open, dirty and due."""

import json
from collections.abc import Collection, Iterator
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Connection, Select, any_, bindparam, cast, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from contracts.catalogue import FACTS
from contracts.sending import ListClosed
from contracts.vocabulary import Op
from services.alerts.domain.household import MEMBER, Lists
from services.alerts.domain.word import Facts, Word
from services.alerts.store.rows import (
    LAST,
    OF_COUNTY,
    AlertRow,
    FactRow,
    JudgedRow,
    ListRow,
    OpenRow,
    WordRow,
    place_in,
    table_of,
)

WORDS = table_of(WordRow)
FACT_ROWS = table_of(FactRow)
ALERTS = table_of(AlertRow)
JUDGED = table_of(JudgedRow)
OPEN = table_of(OpenRow)
LISTS = table_of(ListRow)

_STANDING = select(*(one for one in WORDS.c if one is not WORDS.c.place)).join_from(
    FACT_ROWS, WORDS, WORDS.c.place == FACT_ROWS.c.word
)
_OPS = {str(op): op for op in Op}


class Standing(NamedTuple):
    """An alert as it stands in the table."""

    rule: str
    standing: bool
    level: str
    class_: str
    suppressed: bool
    village: str
    evidence: str
    raised_on: str
    episodes: int


class Judged(NamedTuple):
    """What is kept of a judgement: the village it was made in (see `JudgedRow`), and when it is due again."""

    village: str | None
    due: date | None


def read_facts(connection: Connection, county: str, subjects: Collection[str]) -> dict[str, Facts]:
    """All facts of these subjects, tombstones included; a subject of whom nothing was said is left out."""
    found: dict[str, Facts] = {}
    for row in read_standing_words(connection, county, subjects):
        word = _word(row)
        found.setdefault(word.subject, {}).setdefault(word.type, {})[word.key] = word
    return found


def read_standing_words(connection: Connection, county: str, subjects: Collection[str]) -> Iterator[tuple[Any, ...]]:
    """The newest word of every fact of these subjects: the columns of `words` after its place."""
    yield from _about(connection, _STANDING.where(FACT_ROWS.c.county == int(county)), FACT_ROWS.c.subject, subjects)


def read_village_words(connection: Connection, county: str) -> Iterator[tuple[Any, ...]]:
    """The newest word of every fact of the county's villages, as above."""
    of_county = FACT_ROWS.c.subject.between(f"{county}000000", f"{county}999999")
    yield from connection.execute(_STANDING.where(FACT_ROWS.c.county == int(county), of_county)).all()


def _word(values: Any) -> Word:
    type_, subject, key, op, as_of, stated_at, line, id_, sending, data = values
    fact = None if data is None else FACTS[type_].model_validate_json(data)
    return Word(
        type_,
        subject,
        key,
        _OPS[op],
        date.fromisoformat(as_of),
        datetime.fromisoformat(stated_at),
        line,
        id_,
        sending,
        fact,
    )


def read_members(connection: Connection, county: str, households: Collection[str]) -> dict[str, set[str]]:
    """Of every one of these households everyone who has any membership fact naming it."""
    chosen = select(FACT_ROWS.c.key, FACT_ROWS.c.subject).where(
        FACT_ROWS.c.county == int(county), FACT_ROWS.c.type == MEMBER
    )
    found: dict[str, set[str]] = {household: set() for household in households}
    for household, person in _about(connection, chosen, FACT_ROWS.c.key, households):
        found[household].add(person)
    return found


def read_alerts(connection: Connection, county: str, subjects: Collection[str]) -> dict[str, dict[str, Standing]]:
    """Of every one of these subjects its alerts by rule, those that stood once included."""
    columns = [ALERTS.c.subject, *(ALERTS.c[_column(name)] for name in Standing._fields)]
    found: dict[str, dict[str, Standing]] = {subject: {} for subject in subjects}
    for row in _about(connection, select(*columns).where(ALERTS.c.county == int(county)), ALERTS.c.subject, subjects):
        found[row[0]][row[1]] = Standing(*row[1:])
    return found


def _column(field: str) -> str:
    return field.rstrip("_")


def read_judged(connection: Connection, county: str, subjects: Collection[str]) -> dict[str, Judged]:
    """Of these households and villages what was kept when they were judged; one never judged is left out."""
    chosen = select(JUDGED.c.subject, JUDGED.c.village, JUDGED.c.due).where(JUDGED.c.county == int(county))
    rows = _about(connection, chosen, JUDGED.c.subject, subjects)
    return {subject: Judged(village, date.fromisoformat(due) if due else None) for subject, village, due in rows}


def read_due_by(connection: Connection, county: str, day: date) -> list[str]:
    """The households and villages whose answer can have changed by `day`."""
    chosen = select(JUDGED.c.subject).where(JUDGED.c.county == int(county), JUDGED.c.due <= day.isoformat())
    return list(connection.execute(chosen.order_by(JUDGED.c.row)).scalars())


def read_village(connection: Connection, county: str, code: str) -> list[str]:
    """The households last judged in this village, the village itself among them once it was judged."""
    there = or_(JUDGED.c.village == code, JUDGED.c.village.is_(None))
    return list(connection.execute(select(JUDGED.c.subject).where(JUDGED.c.county == int(county), there)).scalars())


def read_area(connection: Connection, county: str, area: str) -> list[str]:
    """The households last judged in a township or village, by its code."""
    there = or_(JUDGED.c.village.startswith(area), JUDGED.c.village.is_(None))
    return list(connection.execute(select(JUDGED.c.subject).where(JUDGED.c.county == int(county), there)).scalars())


def read_villages(connection: Connection, county: str) -> list[str]:
    """Every village that was ever judged."""
    chosen = select(JUDGED.c.subject).where(JUDGED.c.county == int(county), JUDGED.c.village == JUDGED.c.subject)
    return list(connection.execute(chosen).scalars())


def read_dirty(connection: Connection, county: str) -> dict[str, dict[str, list[str]]]:
    """By open sending the subjects it has spoken of, with the ids of its words."""
    found: dict[str, dict[str, list[str]]] = {}
    end = place_in(county, LAST)
    for sending, place in connection.execute(select(OPEN.c.sending, OPEN.c.place).where(OPEN.c.county == int(county))):
        spoken = select(WORDS.c.subject, WORDS.c.id).where(
            WORDS.c.place > place, WORDS.c.place <= end, WORDS.c.sending == sending
        )
        for subject, id_ in connection.execute(spoken):
            found.setdefault(sending, {}).setdefault(subject, []).append(id_)
    return found


def read_lists(connection: Connection, county: str) -> Lists:
    """What the county's lists have said."""
    lists = Lists()
    for row in connection.execute(select(LISTS).where(LISTS.c.county == int(county))):
        closed = ListClosed.model_validate_json(row.closed)
        lists.take(row.type, closed, date.fromisoformat(row.as_of), datetime.fromisoformat(row.stated_at), row.sending)
    return lists


def read_newest_lists(connection: Connection, county: str) -> dict[tuple[str, str, str], tuple[date, datetime, str]]:
    """Per type, period and area when its newest list was said, and its sending."""
    rows = connection.execute(select(LISTS).where(LISTS.c.county == int(county)))
    return {
        (row.type, row.period, row.area): (
            date.fromisoformat(row.as_of),
            datetime.fromisoformat(row.stated_at),
            row.sending,
        )
        for row in rows
    }


def read_of_county(connection: Connection, county: str, after: int) -> Iterator[tuple[int, str, str, str | None]]:
    """(place, type, day, data) of the entries about the county itself after a place, in order."""
    chosen = select(WORDS.c.place, WORDS.c.type, WORDS.c.as_of, WORDS.c.data).where(
        OF_COUNTY, WORDS.c.place > after, WORDS.c.place <= place_in(county, LAST)
    )
    for row in connection.execute(chosen.order_by(WORDS.c.place)):
        yield row.place, row.type, row.as_of, row.data


def read_bearers(connection: Connection, county: str, type_: str) -> list[str]:
    """Everyone of whom a fact of that type has been stated."""
    chosen = select(FACT_ROWS.c.subject).distinct().where(FACT_ROWS.c.county == int(county), FACT_ROWS.c.type == type_)
    return list(connection.execute(chosen).scalars())


def read_households(connection: Connection, county: str) -> list[str]:
    """Every household anybody was ever stated to belong to."""
    chosen = select(FACT_ROWS.c.key).distinct().where(FACT_ROWS.c.county == int(county), FACT_ROWS.c.type == MEMBER)
    return list(connection.execute(chosen).scalars())


def _about(
    connection: Connection, chosen: Select[Any], column: Column[str], names: Collection[str]
) -> Iterator[tuple[Any, ...]]:
    """Rows whose `column` is one of `names`, which travel as one parameter however many they are."""
    if connection.dialect.name == "postgresql":
        among: ColumnElement[bool] = column == any_(cast(bindparam("names"), ARRAY(Text)))
        yield from connection.execute(chosen.where(among), {"names": list(names)}).all()
    else:
        each = func.json_each(bindparam("names", type_=Text)).table_valued("value")
        among = column.in_(select(each.c.value))
        yield from connection.execute(chosen.where(among), {"names": json.dumps(list(names))}).all()
