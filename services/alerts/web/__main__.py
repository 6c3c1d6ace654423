"""The web process of alerts: `python -m services.alerts.web [--check-config]`."""

import sys
from pathlib import Path

import uvicorn
from prometheus_client import CollectorRegistry

from services.alerts.policy import RulebookRefused, load_rulebook
from services.alerts.store import MIGRATIONS
from services.alerts.triage import Titles, Triage
from services.alerts.web.app import build
from shouwang.kit import observe
from shouwang.kit.audit import Audit
from shouwang.kit.clock import SystemClock, TrialClock
from shouwang.kit.counties import CountiesRefused, load_counties
from shouwang.kit.database import SchemaOutdated, open_database, require_current
from shouwang.kit.health import Probe, Watched
from shouwang.kit.keys import KeyRing, MissingKey, OpenToOthers
from shouwang.kit.metrics import Metrics
from shouwang.kit.settings import Settings, behind, load
from shouwang.kit.vault import MeasuredNames, VaultHttp

RULEBOOK = Path(__file__).parents[1] / "rulebook"


class WebSettings(Settings):
    """What the web process is told."""

    database: str = "sqlite:///var/alerts.db"
    vault_url: str = ""
    """Where masked names come from; without it pages show references."""
    rulebook: Path = RULEBOOK


def main(argv: list[str]) -> None:
    """Serve until told to stop; ends with one sentence when something needed is missing, old or refused."""
    settings = load(WebSettings, argv)
    observe.configure("alerts-web")
    clock = TrialClock(settings.day_file) if settings.day_file else SystemClock()
    engine = open_database(settings.database)
    try:
        require_current(engine, MIGRATIONS)
        keys = KeyRing.open(settings.keys)
        audit = Audit.of(keys, "alerts", clock, settings.checkpoints)
        metrics = Metrics(CollectorRegistry())
        vault = (
            MeasuredNames(VaultHttp(settings.vault_url, keys.service_key("vault")), metrics)
            if settings.vault_url
            else None
        )
        titles = Titles.of(load_rulebook(settings.rulebook))
        triage = Triage(engine, titles, load_counties(settings.counties), clock, audit, vault)
        database = Probe("数据库", triage.ready)
        watched = Watched(ready={"database": database.check})
        app = build(triage, keys.service_key("county"), clock, metrics, watched)
        database.start()
    except (SchemaOutdated, MissingKey, OpenToOthers, RulebookRefused, CountiesRefused) as refused:
        raise SystemExit(str(refused)) from None
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        **behind(settings),
    )


if __name__ == "__main__":
    main(sys.argv[1:])
