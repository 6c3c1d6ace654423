"""The services of one installation put together, in the order they need each other."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine

import services.alerts
from contracts.catalogue import DEPARTMENTS
from contracts.topics import TOPICS
from services.alerts.policy import load_rulebook
from services.alerts.store import Store
from services.alerts.triage import Titles, Triage
from services.alerts.web.app import build
from services.alerts.worker.local import LocalWorker
from services.alerts.worker.stages import Stages
from services.vault.keeper import VaultStore
from shouwang.kit import health
from shouwang.kit.adapter.declaration import Adapter
from shouwang.kit.adapter.serve import Door, Folders
from shouwang.kit.bus.local import LocalLog
from shouwang.kit.health import Probe
from shouwang.kit.keys import KeyRing
from shouwang.kit.metrics import Metrics
from shouwang.kit.vault import MeasuredNames
from shouwang.standalone.installation import Installation, schemas
from shouwang.standalone.watch import LONGEST_PAUSE, Watched, Work

RULEBOOK: Final = Path(str(services.alerts.__file__)).parent / "rulebook"
LOOK_SECONDS: Final = 0.2
"""How often it is seen whether the worker still works."""


@dataclass(slots=True)
class Services:
    """Everything that runs, and how to stop it."""

    keys: KeyRing
    doors: dict[str, Door]
    watched: tuple[Watched, ...]
    """The worker, and whoever looks after the doors."""
    probes: tuple[Probe, ...]
    """What asks whether worker and database answer."""
    web: FastAPI
    log: LocalLog
    databases: dict[str, Engine]

    def start(self) -> None:
        """Begin to work."""
        for door in self.doors.values():
            door.start()
        for watched in self.watched:
            watched.start()
        for probe in self.probes:
            probe.start()

    def stop(self) -> None:
        """End every loop after its unit of work."""
        for probe in self.probes:
            probe.stop()
        for watched in self.watched:
            watched.stop()
        for door in self.doors.values():
            door.stop()
        self.log.close()
        for engine in self.databases.values():
            engine.dispose()


def assemble(installation: Installation) -> Services:
    """Keys, schemas, log, doors, worker and web of one installation; the caller holds its lock."""
    county = installation.settle_county()
    counties = {county.code: county}
    keys, clock = installation.keys(create=True), installation.clock()
    keys.identity(county.code)
    installation.upgrade_locked()
    log = LocalLog(installation.log)
    log.ensure(TOPICS)
    databases = {name: installation.database(name) for name in schemas()}
    vault = VaultStore(databases["vault"], keys.sealer("vault"), installation.audit("vault", keys))
    policy = load_rulebook(RULEBOOK)
    store = Store(databases["alerts"])
    metrics = Metrics(CollectorRegistry())
    stages = Stages(store, policy, counties, keys.sealer("letters"), clock, metrics=metrics)
    worker = LocalWorker(stages, store, log, counties.values(), clock)
    doors = {
        department: Door(
            adapter_of(department),
            databases[department],
            keys,
            counties,
            clock,
            vault,
            log,
            folders=Folders(installation.checkpoints, installation.drop, RULEBOOK / "calendar"),
        )
        for department in DEPARTMENTS
    }
    watched = (
        Watched("alerts-worker", working(worker), time.monotonic),
        Watched("doors", looking_after(doors.values()), time.monotonic),
    )
    names = MeasuredNames(vault, metrics)
    triage = Triage(databases["alerts"], Titles.of(policy), counties, clock, installation.audit("alerts", keys), names)
    probes = {"database": Probe("数据库", triage.ready), "lag": Probe("研判", worker.lag)}
    asked = health.Watched(
        ready={**worker.watch.ready(), **{name: probe.check for name, probe in probes.items()}},
        live={one.name: one.ready for one in watched} | worker.watch.live(),
        refresh=(lambda: worker.watch.measure(metrics),),
    )
    web = build(triage, keys.service_key("county"), clock, metrics, asked)
    return Services(keys, doors, watched, tuple(probes.values()), web, log, databases)


def adapter_of(department: str) -> Adapter:
    """The declaration of a department."""
    from importlib import import_module

    adapter: Adapter = import_module(f"services.{department}.adapter").adapter
    return adapter


def working(worker: LocalWorker) -> Work:
    """A loop around the worker that ends when it fails, so that it is started again."""

    def work(stop: threading.Event) -> None:
        worker.start()
        try:
            while not stop.wait(LOOK_SECONDS):
                if worker.failure is not None:
                    raise worker.failure
        finally:
            worker.stop()

    return work


def looking_after(doors: Iterable[Door]) -> Work:
    """A loop that starts a door's crashed loops again; why they crashed is in their own log lines."""

    def work(stop: threading.Event) -> None:
        pause = LOOK_SECONDS
        while not stop.wait(pause):
            revived = [name for door in doors for name in door.revive()]
            pause = min(pause * 2, LONGEST_PAUSE) if revived else LOOK_SECONDS

    return work
