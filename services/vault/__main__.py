"""The vault's process: `python -m services.vault [--check-config]`."""

import sys

import uvicorn
from prometheus_client import CollectorRegistry

from services.vault.keeper import MIGRATIONS, VaultStore
from services.vault.web import build
from shouwang.kit import observe
from shouwang.kit.audit import Audit
from shouwang.kit.clock import SystemClock
from shouwang.kit.database import SchemaOutdated, open_database, require_current
from shouwang.kit.health import Probe
from shouwang.kit.keys import KeyRing, MissingKey, OpenToOthers
from shouwang.kit.metrics import Metrics
from shouwang.kit.settings import Settings, load


class VaultSettings(Settings):
    """What the vault's process is told."""

    database: str = "sqlite:///var/vault.db"
    port: int = 8090


def main(argv: list[str]) -> None:
    """Serve until told to stop; ends with one sentence when a key is missing or the schema is old."""
    settings = load(VaultSettings, argv)
    observe.configure("vault")
    engine = open_database(settings.database)
    try:
        require_current(engine, MIGRATIONS)
        keys = KeyRing.open(settings.keys)
        audit = Audit.of(keys, "vault", SystemClock(), settings.checkpoints)
        store = VaultStore(engine, keys.sealer("vault"), audit)
        database = Probe("数据库", store.ready)
        ready = {"database": database.check}
        app = build(store, keys.service_key("vault"), Metrics(CollectorRegistry()), ready)
        database.start()
    except (SchemaOutdated, MissingKey, OpenToOthers) as refused:
        raise SystemExit(str(refused)) from None
    uvicorn.run(app, host=settings.host, port=settings.port, log_config=None, access_log=False, server_header=False)


if __name__ == "__main__":
    main(sys.argv[1:])
