"""What is kept no longer: words after their retention unless they say what stands, the outbox after its topic."""

from collections.abc import Iterator
from datetime import date, timedelta

from sqlalchemy import Connection, delete, func, select

from contracts.catalogue import FACTS
from contracts.topics import ALERTS_TOPIC, TOPICS
from services.alerts.store.reading import FACT_ROWS, WORDS
from services.alerts.store.rows import LAST, OF_COUNTY, ChangeRow, OutboxRow, PublishedRow, place_in, table_of

CHANGES, OUTBOX, PUBLISHED = (table_of(model) for model in (ChangeRow, OutboxRow, PublishedRow))
DAY_TYPE = "alerts.day.v1"
TOPIC_DAYS = next(topic.retention_days for topic in TOPICS if topic.name == ALERTS_TOPIC)
"""What was sent stays in the outbox as long as the topic keeps it (docs/design.md 6)."""


def forget_old(connection: Connection, county: str, today: date) -> None:
    """Forget what a county has kept long enough; what stands now stays, however long ago it was said."""
    for days, types in _by_retention():
        end = _arrived_before(connection, county, today - timedelta(days=days))
        if end is not None:
            _forget_words(connection, county, types, end)
    _forget_outbox(connection, county, (today - timedelta(days=TOPIC_DAYS)).isoformat())


def _by_retention() -> Iterator[tuple[int, list[str]]]:
    found: dict[int, list[str]] = {}
    for type_, fact in FACTS.items():
        found.setdefault(fact.meta.retention_days, []).append(type_)
    return iter(found.items())


def _arrived_before(connection: Connection, county: str, day: date) -> int | None:
    """The place of the last turn to a day before: every word at a smaller place came before it."""
    here = (WORDS.c.place > place_in(county, 0)) & (WORDS.c.place < place_in(county, LAST))
    turns = select(func.max(WORDS.c.place)).where(
        here, OF_COUNTY, WORDS.c.type == DAY_TYPE, WORDS.c.key < day.isoformat()
    )
    return connection.execute(turns).scalar()


def _forget_words(connection: Connection, county: str, types: list[str], end: int) -> None:
    old = (WORDS.c.place > place_in(county, 0)) & (WORDS.c.place < end) & WORDS.c.type.in_(types)
    if connection.execute(select(WORDS.c.place).where(old).limit(1)).first() is None:
        return
    own = FACT_ROWS.c.county == int(county)
    over = own & ~FACT_ROWS.c.says_so & (FACT_ROWS.c.word < end) & FACT_ROWS.c.type.in_(types)
    connection.execute(delete(FACT_ROWS).where(over))
    connection.execute(delete(WORDS).where(old, WORDS.c.place.not_in(select(FACT_ROWS.c.word).where(own))))


def _forget_outbox(connection: Connection, county: str, before: str) -> None:
    here = (CHANGES.c.place > place_in(county, 0)) & (CHANGES.c.place < place_in(county, LAST))
    last = connection.execute(select(func.max(CHANGES.c.place)).where(here, CHANGES.c.day < before)).scalar()
    sent = connection.execute(select(PUBLISHED.c.place).where(PUBLISHED.c.county == int(county))).scalar()
    if last is not None and sent is not None:
        ours = (OUTBOX.c.place > place_in(county, 0)) & (OUTBOX.c.place <= min(last, sent))
        connection.execute(delete(OUTBOX).where(ours))
