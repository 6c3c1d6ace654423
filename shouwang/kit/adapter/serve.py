"""An adapter, put together: its HTTP, its background loops, and the process it runs in."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import uvicorn
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine

from shouwang.kit import health, problems, requests
from shouwang.kit.adapter import answers, receive
from shouwang.kit.adapter.answers import Answers, progress
from shouwang.kit.adapter.auth import Keys
from shouwang.kit.adapter.confirmed import Numbers
from shouwang.kit.adapter.declaration import Adapter
from shouwang.kit.adapter.drop import DropFolder
from shouwang.kit.adapter.inbox import Inbox
from shouwang.kit.adapter.lock import OneOnly
from shouwang.kit.adapter.loops import Loop
from shouwang.kit.adapter.receipts import Receipts
from shouwang.kit.adapter.receive import Gate
from shouwang.kit.adapter.relay import Relay
from shouwang.kit.adapter.returned import Returns
from shouwang.kit.adapter.tables import MIGRATIONS
from shouwang.kit.adapter.watch import Watch
from shouwang.kit.adapter.work import Translator
from shouwang.kit.audit import Audit
from shouwang.kit.bus import Log, LogAway, TopicMismatch
from shouwang.kit.clock import Clock, SystemClock, TrialClock
from shouwang.kit.counties import CountiesRefused, County, load_counties
from shouwang.kit.database import SchemaOutdated, open_database, reading, require_current, upgrade
from shouwang.kit.keys import KeyRing, MissingKey, OpenToOthers
from shouwang.kit.metrics import Metrics
from shouwang.kit.observe import configure, get_logger
from shouwang.kit.settings import Settings, behind, load
from shouwang.kit.vault import KeepsPeople, MeasuredKeeper, VaultHttp
from shouwang.kit.workdays import read_workdays

CLEANING_SECONDS = 3600.0
DROP_SECONDS = 1.0


class Folders(NamedTuple):
    """Where an adapter works outside its database."""

    checkpoints: Path
    """The second place of its audit chain."""
    drop: Path | None = None
    """Watched for files; none: no drop folder."""
    calendar: Path | None = None
    """Calendars of working days (`2026.toml`); none: Monday to Friday."""


class Door:
    """One department's adapter over its database; `app` serves, the loops (or `*_once`) do the work behind it."""

    def __init__(
        self, adapter: Adapter, engine: Engine, keyring: KeyRing, counties: Mapping[str, County], clock: Clock,
        vault: KeepsPeople, log: Log, *, folders: Folders, crashed: Callable[[], None] | None = None,
    ) -> None:  # fmt: skip
        self.adapter, self.engine, self.clock, self._log = adapter, engine, clock, log
        self._counties, self._workdays = counties, read_workdays(folders.calendar)
        self.metrics = Metrics(CollectorRegistry())
        self._lock = OneOnly(engine)
        self.keys = Keys(engine, adapter.department, counties, keyring.service_key("county"))
        self.inbox = Inbox(engine, keyring, clock)
        self.numbers = Numbers(adapter, engine, keyring)
        self.returns = Returns(adapter, engine, keyring)
        self.receipts = Receipts(engine, adapter.department)
        self.audit = Audit.of(keyring, adapter.department, clock, folders.checkpoints)
        self.relay = Relay(engine, adapter.department, counties, log, clock, self.metrics)
        self._translator = Translator(
            adapter, engine, keyring, clock, MeasuredKeeper(vault, self.metrics), self.metrics
        )
        self._drops = self._drop_folders(folders.drop) if folders.drop else []
        self._loops = [
            Loop("translate", self._translating, clock, crashed=crashed),
            Loop("publish", self._publishing, clock, crashed=crashed),
            Loop("clean", self._cleaning, clock, idle=CLEANING_SECONDS, crashed=crashed),
        ]
        if self._drops:
            self._loops.append(Loop("drop", self._dropping, clock, idle=DROP_SECONDS, crashed=crashed))
        self._watch = Watch(
            adapter.department, engine, counties, log, vault, clock, self.metrics, self._loops
        )  # fmt: skip

    def app(self, *, root_path: str = "") -> FastAPI:
        """The HTTP of docs/feeds.md; mount it, or serve it by itself."""
        app = FastAPI(
            title=f"守望 · {self.adapter.title}", root_path=root_path, openapi_url=None, docs_url=None, redoc_url=None,
            redirect_slashes=False,
        )  # fmt: skip
        app.state.keys, app.state.clock = self.keys, self.clock
        problems.install(app)
        gate = Gate(self.adapter.feeds, self.inbox, self.receipts, self._wake)
        app.include_router(receive.routes(gate))
        on = Answers(
            self.adapter, self.engine, gate, self.keys, self.numbers, self.returns, self.relay, self.audit, self.clock,
            self._wake, self._workdays,
        )  # fmt: skip
        app.include_router(answers.routes(on))
        watch = self._watch
        app.include_router(
            health.routes(ready=watch.ready(), live=watch.live(), metrics=self.metrics, refresh=[watch.measure])
        )
        requests.install(app, self.metrics)
        return app

    def work_once(self) -> bool:
        """Translate the oldest waiting sending, if there is one."""
        return self._translator.once()

    def relay_once(self) -> int:
        """Send some of the outbox; returns how many words. Raises LogAway."""
        return self.relay.once()

    def drop_once(self) -> int:
        """Look into the drop folders once; returns how many files were taken or refused."""
        return sum(folder.once() for folder in self._drops)

    def clean_once(self) -> None:
        """Forget what has been kept long enough."""
        self.inbox.purge()
        self.relay.forget()

    def start(self) -> None:
        """Start the background loops."""
        self._watch.start()
        for loop in self._loops:
            loop.start()

    def revive(self) -> list[str]:
        """Start again the loops that have crashed, where the process is not to end for it; returns their names."""
        ended = [loop for loop in self._loops if loop.ended()]
        for loop in ended:
            loop.start()
        return [loop.name for loop in ended]

    def stop(self) -> None:
        """Stop them, each after its round."""
        self._watch.stop()
        for loop in self._loops:
            loop.stop()
        self._translator.close()
        self._lock.release()

    def idle(self, county: str) -> bool:
        """True when everything the county's bureau sent has been translated and acknowledged by the log."""
        with reading(self.engine).connect() as connection:
            said = progress(connection, county)
        return not said["working"] and not said["outbox"]

    def _wake(self) -> None:
        for loop in self._loops[:2]:
            loop.wake()

    def _translating(self) -> bool:
        if not self._lock.held():
            return False
        done = self._translator.once()
        if done:
            self._loops[1].wake()
        return done

    def _publishing(self) -> int:
        return self.relay.once() if self._lock.held() else 0

    def _dropping(self) -> bool:
        if self._lock.held() and self.drop_once():
            self._wake()
        return False

    def _cleaning(self) -> bool:
        self.clean_once()
        return False

    def _drop_folders(self, drop: Path) -> list[DropFolder]:
        """`drop/<department>`; with several counties `drop/<county>/<department>`."""
        alone = len(self._counties) == 1
        return [
            DropFolder(
                (drop if alone else drop / code) / self.adapter.department, code, self.adapter.feeds, self.inbox,
                self.receipts.show, self.clock,
            )
            for code in self._counties
        ]  # fmt: skip


class DoorSettings(Settings):
    """What an adapter's process is told, beside what every process is."""

    database: str = ""
    """`sqlite:///FILE` or `postgresql+psycopg://…`; empty: `var/<department>.db`."""
    kafka: str = ""
    """HOST:PORT of a broker, several with commas; empty: the local log."""
    log: Path = Path("var/log.db")
    """The local log's file, where there is no broker."""
    vault_url: str = "http://127.0.0.1:8090"
    drop: Path | None = None
    """Folder watched for files; none: no drop folder."""
    calendar: Path | None = None
    """Folder of calendars (`2026.toml`), by which due days roll; none: Monday to Friday."""
    root_path: str = ""
    """Path under which a gateway shows this adapter."""


def main(adapter: Adapter, argv: Sequence[str] | None = None) -> None:
    """Run one department's adapter until it is told to stop; `--migrate` brings its schema up first."""
    arguments = sys.argv[1:] if argv is None else argv
    settings = load(DoorSettings, arguments)
    configure(adapter.department)
    door = start(adapter, settings, migrate="--migrate" in arguments)
    door.start()
    app = door.app(root_path=settings.root_path)
    try:
        uvicorn.run(app, host=settings.host, port=settings.port, log_config=None, access_log=False, **behind(settings))
    finally:
        door.stop()


def start(adapter: Adapter, settings: DoorSettings, *, migrate: bool = False) -> Door:
    """The door as the settings say; ends with 1 and one sentence with the remedy when it could not work."""
    try:
        return _assembled(adapter, settings, migrate=migrate)
    except (MissingKey, OpenToOthers, CountiesRefused, SchemaOutdated, TopicMismatch, LogAway) as refused:
        sys.stderr.write(f"{adapter.department}: {refused}\n")
        raise SystemExit(1) from None


def _assembled(adapter: Adapter, settings: DoorSettings, *, migrate: bool) -> Door:
    clock = TrialClock(settings.day_file) if settings.day_file else SystemClock()
    keyring = KeyRing.open(settings.keys, clock=clock)
    counties = load_counties(settings.counties)
    for code in counties:
        keyring.identity(code)
    engine = open_database(settings.database or f"sqlite:///var/{adapter.department}.db")
    if migrate:
        upgrade(engine, MIGRATIONS)
    require_current(engine, MIGRATIONS)
    log = open_log(settings)
    vault = VaultHttp(settings.vault_url, keyring.service_key("vault"))
    folders = Folders(settings.checkpoints, settings.drop, settings.calendar)
    door = Door(
        adapter, engine, keyring, counties, clock, vault, log, folders=folders, crashed=lambda: os._exit(70)
    )  # fmt: skip
    try:
        door.relay.follow_topic()
    except LogAway as away:  # what is sent meanwhile is taken in, and goes out when the log is back (decision D10)
        get_logger(stage="publish", department=adapter.department).warning("away", reason=str(away))
    return door


def open_log(settings: DoorSettings) -> Log:
    """Kafka where one is named, else the local log."""
    if settings.kafka:
        from shouwang.kit.bus.kafka import KafkaLog

        return KafkaLog(settings.kafka)
    from shouwang.kit.bus.local import LocalLog

    return LocalLog(settings.log)
