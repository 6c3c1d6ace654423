"""A small county whose alerts already stand, written into an alerts database; for pages and routes."""

import json
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, NamedTuple

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from sqlalchemy import Connection, Engine

from contracts.topics import partition_of
from services.alerts.domain.judgement import Alert
from services.alerts.domain.signals import Evidence
from services.alerts.store import MIGRATIONS
from services.alerts.store.ledger import Ledger, raise_ledger
from services.alerts.store.reading import ALERTS, FACT_ROWS, WORDS
from services.alerts.store.rows import place_in
from services.alerts.store.writing import LETTERS
from services.alerts.triage import Titles, Triage
from services.alerts.web.app import build
from shouwang.kit.audit import Audit
from shouwang.kit.clock import SHANGHAI, TrialClock
from shouwang.kit.counties import County
from shouwang.kit.database import open_database, upgrade
from shouwang.kit.identity import Identity
from shouwang.kit.metrics import Metrics
from shouwang.kit.vault import FindsNames

COUNTY = "532927"
DAY = date(2026, 6, 15)
KEY = "the-county-key"
VILLAGE, OTHER_VILLAGE = "532927102201", "532927102202"
IDENTITY = Identity(bytes(32))
COUNTIES = {COUNTY: County(COUNTY, 1, "巍山彝族回族自治县")}
TITLES = Titles(
    "abc",
    {"schooling": "疑似辍学或学费重", "income": "收入低于监测线"},
    {"medical_burden": "医疗自付费用过高"},
    reads={
        "schooling": frozenset({"education.school_absence.v1", "education.school_cost.v1"}),
        "income": frozenset({"rural_affairs.household.v1"}),
    },
)


class Home(NamedTuple):
    """One household: its 户编号, heaviest level, village, and whether its alert is suppressed."""

    number: str
    level: str = "orange"
    village: str = VILLAGE
    rule: str = "schooling"
    suppressed: bool = False
    says: str = "缺课16天，疑似辍学"
    relation: str = "长子"

    @property
    def ref(self) -> str:
        """Its reference."""
        return IDENTITY.household(self.number)

    @property
    def child(self) -> str:
        """The reference of its one member."""
        return IDENTITY.person(self.number)


def close(
    connection: Connection, number: int, department: str, feed: str, *, received: int = 10, shape: str = "list",
    empty: dict[str, int] | None = None,
) -> None:  # fmt: skip
    """The close of a sending, as entry `number` of the county's order."""
    counts = dict.fromkeys(("accepted", "unchanged", "superseded", "duplicate", "rejected", "withdrawn", "doubtful"), 0)
    lists: list[dict[str, str]] = [{}] if shape == "list" else []
    said = {"feed": feed, "shape": shape, "lists": lists, "received": received, **counts, "empty": empty or {}}
    _enter(connection, number, f"{department}.sending.v1", f"{feed}-{number}", DAY, json.dumps(said))


def turn(connection: Connection, number: int, day: date) -> None:
    """A day's turn, as entry `number` of the county's order."""
    _enter(connection, number, "alerts.day.v1", day.isoformat(), day, None)


ENTRIES = 10_000
"""How many entries the county's order is said to have: more than any test writes."""


class Seeded:
    """The database and what may be asked of it."""

    def __init__(self, folder: Path, homes: Sequence[Home], vault: FindsNames | None = None) -> None:
        self.clock = TrialClock(folder / "day.json")
        self.clock.turn(COUNTY, DAY)
        shutil.copy(_template(), folder / "alerts.db")
        self.engine: Engine = open_database(f"sqlite:///{folder}/alerts.db", durable=False)
        with self.engine.begin() as connection:
            for number, home in enumerate(homes):
                _write(connection, home, number)
            connection.execute(LETTERS.insert(), [_letter()])
            ledger = Ledger(partition=partition_of(COUNTIES[COUNTY].number))
            ledger.county(COUNTY).words = ENTRIES
            raise_ledger(connection, ledger)
        self.triage = Triage(self.engine, TITLES, COUNTIES, self.clock, Audit(bytes(32), self.clock), vault)
        self.app: FastAPI = build(self.triage, KEY, self.clock, Metrics(CollectorRegistry()))


@cache
def _template() -> Path:
    """An empty database, made once."""
    file = Path(mkdtemp(prefix="alerts-template-")) / "alerts.db"
    engine = open_database(f"sqlite:///{file}")
    upgrade(engine, MIGRATIONS)
    engine.dispose()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return file


def _letter() -> dict[str, Any]:
    return {
        "place": "shouwang.health.facts/1/7", "partition": 1, "county": int(COUNTY), "feed": "", "stage": "apply",
        "reason": "not an envelope", "written_at": "2026-06-15T09:00:00+08:00", "wanted": False, "sealed": b"x",
    }  # fmt: skip


def _write(connection: Connection, home: Home, number: int) -> None:
    member = json.dumps(
        {
            "户编号": home.ref, "户序": IDENTITY.order(home.number), "村代码": home.village,
            "与户主关系": home.relation, "变动": "在户", "出生年月": "2014-03", "性别": "男",
        }
    )  # fmt: skip
    _say(connection, 2 * number + 1, "civil_affairs.household_member.v1", home.child, home.ref, member)
    said = '{"状态":"疑似辍学","缺课天数":16,"发现日期":"2026-06-01"}'
    _say(connection, 2 * number + 2, "education.school_absence.v1", home.child, "2025-2026", said)
    evidence = Evidence("dropout", home.child, "education", home.says, (f"word-{2 * number + 2}",))
    alert = Alert(home.rule, home.level, "脱贫户", home.suppressed, home.village, (evidence,), ("medical_burden",))
    row = {
        "county": int(COUNTY), "subject": home.ref, "rule": home.rule, "standing": True, "level": home.level,
        "class": alert.class_, "suppressed": home.suppressed, "village": home.village,
        "evidence": alert.evidence_json(), "raised_on": (DAY - timedelta(days=number % 30)).isoformat(),
        "rulebook": "abc", "episodes": 1,
    }  # fmt: skip
    connection.execute(ALERTS.insert(), [row])


def _enter(connection: Connection, number: int, type_: str, key: str, day: date, data: str | None) -> None:
    moment = datetime(2026, 6, 2, 9, tzinfo=SHANGHAI).isoformat()
    row = {
        "place": place_in(COUNTY, number), "type": type_, "subject": COUNTY, "key": key, "op": "state",
        "as_of": day.isoformat(), "stated_at": moment, "line": 0, "id": f"entry-{number}", "sending": key, "data": data,
    }  # fmt: skip
    connection.execute(WORDS.insert(), [row])


def _say(connection: Connection, number: int, type_: str, subject: str, key: str, data: str) -> None:
    place = place_in(COUNTY, number)
    stated_at = datetime(2026, 6, 2, 9, tzinfo=SHANGHAI).isoformat()
    word = {
        "place": place, "type": type_, "subject": subject, "key": key, "op": "state", "as_of": "2026-06-01",
        "stated_at": stated_at, "line": number, "id": f"word-{number}", "sending": "s1", "data": data,
    }  # fmt: skip
    connection.execute(WORDS.insert(), [word])
    fact = {"county": int(COUNTY), "subject": subject, "type": type_, "key": key, "word": place, "says_so": True}
    connection.execute(FACT_ROWS.insert(), [fact])
