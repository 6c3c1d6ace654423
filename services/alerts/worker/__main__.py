"""`python -m services.alerts.worker`: the Faust worker of one slot. Exit: 2 refused with the remedy, 1 started anew."""

import asyncio
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import uvicorn
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from contracts.topics import TOPICS
from services.alerts.policy import RulebookRefused, load_rulebook
from services.alerts.store.store import MIGRATIONS, Store
from services.alerts.worker.app import Slot, WrongFaust, build, serve
from services.alerts.worker.duty import Duty
from services.alerts.worker.memory import collect_seldom
from services.alerts.worker.stages import Stages
from services.alerts.worker.watch import Watch
from shouwang.kit import health
from shouwang.kit.bus import LogAway, TopicMismatch
from shouwang.kit.bus.kafka import KafkaLog
from shouwang.kit.clock import Clock, SystemClock, TrialClock
from shouwang.kit.counties import CountiesRefused, load_counties
from shouwang.kit.database import AWAY, SchemaOutdated, open_database, require_current
from shouwang.kit.keys import KeyRing, MissingKey, OpenToOthers
from shouwang.kit.metrics import Metrics
from shouwang.kit.observe import configure
from shouwang.kit.settings import Settings, load

RULEBOOK: Final = Path(__file__).parents[1] / "rulebook"
LOG_SECONDS: Final = 5.0
"""The loop asks the log only for the ends of partitions, and must not stand still for it."""

REFUSALS: Final = (
    CountiesRefused,
    MissingKey,
    OpenToOthers,
    RulebookRefused,
    SchemaOutdated,
    TopicMismatch,
    WrongFaust,
)


class WorkerSettings(Settings):
    """What a worker is told; the database's address carries a password and comes as a secret file."""

    kafka: str
    """host:port of a broker, several with commas."""
    database: str
    slot: str = "1"
    """The worker's place in its group: every worker has another, and keeps it over restarts."""
    rulebook: Path = RULEBOOK
    session_seconds: float = 10.0


def compose(settings: WorkerSettings, watch: Watch, metrics: Metrics) -> Duty:
    """Put the worker together; raises one of `REFUSALS`, or LogAway."""
    counties = load_counties(settings.counties)
    ring = KeyRing.open(settings.keys)
    engine = open_database(settings.database)
    require_current(engine, MIGRATIONS)
    clock: Clock = TrialClock(settings.day_file) if settings.day_file else SystemClock()
    store = Store(engine)
    stages = Stages(store, load_rulebook(settings.rulebook), counties, ring.sealer("letters"), clock, metrics=metrics)
    log = KafkaLog(settings.kafka, wait_seconds=LOG_SECONDS)
    if store.has_read():
        log.ensure(TOPICS)  # they were there, so the broker has lost them: departments send again what they held
    else:
        log.check(TOPICS)
    return Duty(stages, store, log, counties.values(), clock, watch)


def show_health(settings: WorkerSettings, watch: Watch, metrics: Metrics) -> None:
    """Answer /livez and /readyz from a thread of its own, so that a loop that stands still is seen from outside."""
    api = FastAPI(openapi_url=None)
    refresh = [lambda: watch.measure(metrics)]
    api.include_router(health.routes(live=watch.live(), ready=watch.ready(), metrics=metrics, refresh=refresh))
    server = uvicorn.Server(uvicorn.Config(api, settings.host, settings.port, log_config=None, lifespan="off"))
    threading.Thread(target=server.run, name="health", daemon=True).start()


def main(arguments: Sequence[str]) -> int:
    """Start, or refuse in one sentence; returns the exit code."""
    settings = load(WorkerSettings, arguments)
    configure(f"alerts-worker-{settings.slot}")
    watch, metrics = Watch(), Metrics(CollectorRegistry())
    try:
        duty = compose(settings, watch, metrics)
        app = build(Slot(settings.kafka, settings.slot, settings.session_seconds), duty)
    except REFUSALS as refused:
        sys.stderr.write(f"alerts worker: {refused}\n")
        return 2
    except (LogAway, *AWAY) as away:
        sys.stderr.write(f"alerts worker: {type(away).__name__}, starts anew\n")
        return 1
    show_health(settings, watch, metrics)
    collect_seldom()
    asyncio.run(serve(app, duty))
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
