"""Store: the alerts database behind a few calls, the same on SQLite and PostgreSQL."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, delete, select

from services.alerts.store.copying import upsert
from services.alerts.store.erasing import finish
from services.alerts.store.ledger import Ledger, Position, read_ledger, read_ledgers
from services.alerts.store.rows import LAST, PublishedRow, place_in, table_of
from services.alerts.store.writing import ATTEMPTS, OUTBOX, Effects, commit
from shouwang.kit.database import reading

MIGRATIONS: Final = Path(__file__).parent / "migrations"
"""The revisions of this database, for `shouwang.kit.database.upgrade`."""


PUBLISHED = table_of(PublishedRow)


class Store:
    """One alerts database; the engine comes from `shouwang.kit.database.open_database`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reading = reading(engine)
        if engine.dialect.name == "postgresql":
            # Every question is a transaction of its own: judging takes longer than a transaction may stand idle.
            self._reading = engine.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def reads(self) -> Iterator[Connection]:
        """A connection that only reads; the fence at the commit tells whether it read what still stands."""
        with self._reading.begin() as connection:
            yield connection

    @contextmanager
    def writes(self) -> Iterator[Connection]:
        """A transaction that is committed at the end of the block, or not at all."""
        with self._engine.begin() as connection:
            yield connection

    def ledger(self, partition: int) -> Ledger:
        """Where a partition stands."""
        with self.reads() as connection:
            return read_ledger(connection, partition)

    def commit(self, ledger: Ledger, effects: Effects) -> None:
        """One batch: its effects and its ledger, or neither; raises `Moved` when somebody else was first."""
        with self.writes() as connection:
            commit(connection, ledger, effects)

    def let_go(self, topic: str) -> int:
        """Forget where reading stands in a topic; returns in how many partitions it stood anywhere.

        Reading begins anew where the log begins. Words whose numbers were heard are dropped, others are taken, and
        numbers that never come are reported, so nothing is lost or done twice without being said.
        """
        with self.writes() as connection:
            held = [ledger for ledger in read_ledgers(connection) if ledger.positions.pop(topic, None)]
            for ledger in held:
                ledger.let_go.append(topic)
                commit(connection, ledger, Effects())
        return len(held)

    def ledgers(self) -> list[Ledger]:
        """Where every partition stands."""
        with self.reads() as connection:
            return read_ledgers(connection)

    def stand_at(self, positions: Mapping[tuple[int, str], Position]) -> None:
        """Let reading go on at these places (partition, topic), whatever was read before: after a restore.

        What lies before them in the log is void; the departments send again what has not been heard.
        """
        with self.writes() as connection:
            for partition in sorted({number for number, _ in positions}):
                ledger = read_ledger(connection, partition)
                ledger.positions.update({topic: at for (number, topic), at in positions.items() if number == partition})
                ledger.let_go.clear()
                commit(connection, ledger, Effects())
            connection.execute(delete(ATTEMPTS))

    def say_again(self, counties: Iterable[str]) -> None:
        """Publish the whole outbox of these counties once more: the topic of alerts holds nothing of them."""
        with self.writes() as connection:
            chosen = [int(county) for county in counties]
            connection.execute(delete(PUBLISHED).where(PUBLISHED.c.county.in_(chosen)))

    def follow(self, partition: int, ids: Mapping[str, str], said_on: str) -> list[str]:
        """Go on with the topics that are there now, by name; returns those that were made anew since they were read.

        A topic made anew is let go of in this partition, as by `let_go`. `said_on` is the identity of the alerts topic:
        when it is a new one, the outbox counts as not yet acknowledged. Raises `Moved` when somebody else was first.
        """
        with self.writes() as connection:
            ledger = read_ledger(connection, partition)
            anew = [name for name, at in ledger.positions.items() if ids.get(name, at.topic_id) != at.topic_id]
            for name in anew:
                del ledger.positions[name]
                ledger.let_go.append(name)
            if ledger.said_on != said_on and (ledger.said_on or anew):  # not noted yet: lost together with the others
                connection.execute(delete(PUBLISHED).where(PUBLISHED.c.county.in_(map(int, ledger.counties))))
            if ledger.counties and (anew or ledger.said_on != said_on):
                ledger.said_on = said_on
                commit(connection, ledger, Effects())
        return anew

    def has_read(self) -> bool:
        """Whether anything was ever read: then a topic that is missing has been lost."""
        with self.reads() as connection:
            return any(ledger.positions for ledger in read_ledgers(connection))

    def note_try(self, partition: int, topic: str, offset: int) -> int:
        """Note a try at a place before it is made; returns how many were made there without a commit, with this one."""
        with self.writes() as connection:
            at = (ATTEMPTS.c.partition == partition) & (ATTEMPTS.c.topic == topic)
            noted = connection.execute(select(ATTEMPTS.c.offset, ATTEMPTS.c.tries).where(at)).first()
            tries = noted.tries + 1 if noted and noted.offset == offset else 1
            row = (partition, topic, offset, tries)
            upsert(connection, ATTEMPTS, ("partition", "topic", "offset", "tries"), ("partition", "topic"), [row])
            return tries

    def unpublished(self, county: str, limit: int) -> list[tuple[int, bytes]]:
        """(place, value) of what of a county's outbox the log has not acknowledged, in order."""
        with self.reads() as connection:
            after = _published(connection, county)
            left = select(OUTBOX.c.place, OUTBOX.c.value).where(
                OUTBOX.c.place > after, OUTBOX.c.place < place_in(county, LAST)
            )
            return [(place, value) for place, value in connection.execute(left.order_by(OUTBOX.c.place).limit(limit))]

    def mark_published(self, county: str, place: int) -> None:
        """Everything up to `place` is acknowledged; a place before what is marked changes nothing."""
        with self.writes() as connection:
            if place > _published(connection, county):
                upsert(connection, PUBLISHED, ("county", "place"), ("county",), [(int(county), place)])

    def forgotten(self, counties: Collection[str], at: str) -> None:
        """The log has forgotten what it held: say these counties' outbox again, and who was to be erased is."""
        with self.writes() as connection:
            connection.execute(delete(PUBLISHED).where(PUBLISHED.c.county.in_([int(code) for code in counties])))
            finish(connection, counties, at)


def _published(connection: Connection, county: str) -> int:
    found = connection.execute(select(PUBLISHED.c.place).where(PUBLISHED.c.county == int(county))).scalar()
    return found or place_in(county, 0)
