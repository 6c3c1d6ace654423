"""Empty alerts databases for tests, cheap enough to have one per example; seals that hide nothing; a worker at hand."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from sqlalchemy import Connection, select, update

from services.alerts.domain.rulebook import Policy
from services.alerts.policy import load_rulebook
from services.alerts.store import MIGRATIONS, Store
from services.alerts.store.ledger import Ledger
from services.alerts.store.reading import ALERTS, FACT_ROWS, WORDS
from services.alerts.store.writing import LETTERS, Effects
from services.alerts.worker.stages import Stages
from shouwang.kit.clock import SHANGHAI, FixedClock
from shouwang.kit.counties import County
from shouwang.kit.database import open_database, upgrade

COUNTY = County("532927", 1, "巍山彝族回族自治县")
FIRST_DAY = date(2026, 6, 15)


class OpenSeals:
    """Seals nothing, but keeps context and content together as a sealer does."""

    def seal(self, content: bytes, context: bytes) -> bytes:
        return context + b"\0" + content

    def open(self, sealed: bytes, context: bytes) -> bytes:
        head, _, content = sealed.partition(b"\0")
        assert head == context
        return content

    def destroy_before(self, day: date) -> int:
        """There is no key."""
        return 0


class Crash(BaseException):
    """The process ends here, as killed: nothing in it can catch this."""


class BreakingStore(Store):
    """A store whose next commit ends the process, before or after it is done, or every one of a poisonous subject."""

    breaks: str = ""
    poison: str = ""
    bug: type[BaseException] = Crash

    def commit(self, ledger: Ledger, effects: Effects) -> None:
        if any(row[2] == self.poison for row in effects.words):
            raise self.bug
        breaks, self.breaks = self.breaks, ""
        if breaks == "before":
            raise Crash
        super().commit(ledger, effects)
        if breaks == "after":
            raise Crash


@cache
def live_rulebook() -> Policy:
    """The rulebook in the tree, loaded once."""
    return load_rulebook(Path(__file__).parents[1] / "services" / "alerts" / "rulebook")


@contextmanager
def empty_sqlite() -> Iterator[BreakingStore]:
    """A store on a new SQLite file."""
    folder = Path(mkdtemp(prefix="alerts-"))
    shutil.copy(_template(), folder / "alerts.db")
    engine = open_database(f"sqlite:///{folder / 'alerts.db'}", durable=False)
    try:
        yield BreakingStore(engine)
    finally:
        engine.dispose()
        shutil.rmtree(folder)


@contextmanager
def opened(url: str) -> Iterator[BreakingStore]:
    """A store on a database that has the schema."""
    engine = open_database(url, durable=False)
    try:
        yield BreakingStore(engine)
    finally:
        engine.dispose()


@cache
def _template() -> Path:
    file = Path(mkdtemp(prefix="alerts-template-")) / "alerts.db"
    engine = open_database(f"sqlite:///{file}")
    upgrade(engine, MIGRATIONS)
    with engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    engine.dispose()
    return file


def stages(store: Store, policy: Policy | None = None, **options: Any) -> Stages:
    """A worker's stages, as after a start of its process."""
    clock = FixedClock(datetime(2026, 6, 15, 9, tzinfo=SHANGHAI), {COUNTY.code: FIRST_DAY})
    return Stages(store, policy or live_rulebook(), {COUNTY.code: COUNTY}, OpenSeals(), clock, **options)


def rows(connection: Connection, table: Any, *names: str, order: str) -> list[tuple[Any, ...]]:
    """Columns of a whole table, in order."""
    found = connection.execute(
        select(*(table.c[name] for name in names)).order_by(*(table.c[n] for n in order.split()))
    )
    return [tuple(row) for row in found]


def answer(store: Store) -> dict[tuple[str, str], tuple[Any, ...]]:
    """What must not depend on how words came: standing alerts with their evidence, by subject and rule."""
    names = ("subject", "rule", "standing", "level", "class", "suppressed", "village", "evidence")
    with store.reads() as connection:
        found = rows(connection, ALERTS, *names, order="subject rule")
    return {row[:2]: row[3:] for row in found if row[2]}


def what_stands(store: Store) -> dict[tuple[str, str, str], str]:
    """By fact the id of the word that says what stands."""
    with store.reads() as connection:
        chosen = select(FACT_ROWS.c.type, FACT_ROWS.c.subject, FACT_ROWS.c.key, WORDS.c.id)
        found = connection.execute(chosen.join_from(FACT_ROWS, WORDS, FACT_ROWS.c.word == WORDS.c.place))
        return {tuple(row[:3]): row[3] for row in found}


def entries(store: Store) -> list[dict[str, Any]]:
    """Every accepted word as `shouwang words --json` prints it, for the plain recomputation."""
    import json

    with store.reads() as connection:
        found = connection.execute(select(WORDS).order_by(WORDS.c.place)).mappings().all()
    return [{**row, "data": json.loads(row["data"]) if row["data"] else None} for row in found]


def lines(store: Store) -> list[dict[str, Any]]:
    """Standing alerts as `shouwang alerts --json` prints them."""
    import json

    found = []
    for (subject, rule), (level, class_, suppressed, village, evidence) in answer(store).items():
        said = json.loads(evidence)
        found.append(
            {
                "subject": subject,
                "rule": rule,
                "level": level,
                "class": class_,
                "village": village,
                "suppressed": bool(suppressed),
            }
            | {name: said[name] for name in ("signals", "cannot_tell")}
        )
    return found


def letters(store: Store) -> list[Any]:
    """Every letter as it rests, in order."""
    with store.reads() as connection:
        return list(connection.execute(select(LETTERS).order_by(LETTERS.c.row)))


def ask_for_all(store: Store) -> None:
    """Ask for every letter to be tried again, as a person may."""
    with store.writes() as connection:
        connection.execute(update(LETTERS).values(wanted=True))
