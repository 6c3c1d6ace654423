"""One installation of native processes: every service as compose runs it, two servers, lines, and a supervisor.

Nobody does anything by hand in it: what ends is started anew, and everything else is up to the services.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import httpx
from sqlalchemy import Engine, create_engine, text

from contracts.catalogue import DEPARTMENTS
from contracts.topics import partition_of
from services.alerts.store import Store
from services.alerts.store.ledger import Ledger
from shouwang.kit.bus.kafka import KafkaLog
from shouwang.kit.clock import TrialClock
from shouwang.kit.counties import County
from shouwang.kit.database import open_database
from shouwang.kit.keys import KeyRing
from tests.broker.broker import free_port
from tests.chaos.processes import Service, Supervisor
from tests.chaos.proxy import Line, Lines
from tests.chaos.servers import Kafka, NeverUp, Postgres, wait_for

ROOT: Final = Path(__file__).parents[2]
COUNTY: Final = County("532927", 1, "巍山彝族回族自治县")
FIRST_DAY: Final = date(2026, 6, 15)
PARTITION: Final = partition_of(COUNTY.number)
READY_SECONDS: Final = 90.0
COMPILED: Final = {
    "PYTHONDONTWRITEBYTECODE": "",
    "PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / "shouwang-chaos-pycache"),
}
"""As in an image, modules are compiled once and not at every start: else a restart is five CPU-seconds of compiling."""

PREPARE: Final = """
import sys
from pathlib import Path
from deploy.make_databases import MIGRATIONS
from deploy.shares import SHARES
from shouwang.kit.bus.topics import main as topics
from shouwang.kit.database import open_database, upgrade
from shouwang.kit.keys import KeyRing
keys, county, url, broker = sys.argv[1:]
ring = KeyRing.open(Path(keys), create=True)
ring.identity(county), ring.service_key("county"), ring.service_key("vault"), ring.sealer("vault")
[ring.secret(key) for share in SHARES.values() for key in share.keys if key != "vault"]
for name, migrations in MIGRATIONS.items():
    engine = open_database(url.replace("NAME", name))
    upgrade(engine, migrations)
    engine.dispose()
sys.exit(topics(["--broker", broker]))
"""
"""What the jobs of compose do: keys, schemas, topics; by the code that is to run, which may be an older one."""


@dataclass
class Town:
    """The installation; `code` is the source tree its services run from."""

    folder: Path
    departments: Sequence[str] = tuple(DEPARTMENTS)
    code: Path = ROOT
    workers: Sequence[str] = ("1",)
    disks: Mapping[str, Path] = field(default_factory=dict)
    """Where `postgres` and `kafka` keep their data, if not in `folder`: small disks."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """More settings of every service."""

    def __post_init__(self) -> None:
        self.supervisor, self.lines = Supervisor(), Lines()
        self.clock = TrialClock(self.folder / "day.json")
        self.clock.turn(COUNTY.code, FIRST_DAY)
        self.keys = self.folder / "keys"
        (self.folder / "counties.toml").write_text(
            f'[[county]]\ncode = "{COUNTY.code}"\nnumber = {COUNTY.number}\nname = "{COUNTY.name}"\n', encoding="utf-8"
        )
        self._start_servers()
        self._wire()
        self.doors = {department: free_port() for department in DEPARTMENTS}
        self.door_lines = {department: self.lines.to(port, department) for department, port in self.doors.items()}
        self.web = free_port()

    # ---------------------------------------------------------------------------------------------------- coming up

    def _start_servers(self) -> None:
        self.kafka = Kafka(self.folder, self.disks.get("kafka", self.folder))
        self.postgres = Postgres(self.disks.get("postgres", self.folder))
        ways = {name: free_port() for name in ("DOORS", "WORKERS")}
        self.doors_kafka = self.lines.to(ways["DOORS"], "doors-kafka")
        self.worker_kafka = self.lines.to(ways["WORKERS"], "worker-kafka")
        told = {"DOORS": self.doors_kafka.port, "WORKERS": self.worker_kafka.port}
        listeners = {name: (own, told[name]) for name, own in ways.items()}
        self.supervisor.add(self.postgres.service()).start()
        self.supervisor.add(self.kafka.service(listeners)).start()
        wait_for(self.postgres.answers, "PostgreSQL", says=self["postgres"].says)
        wait_for(self.kafka.answers, "Kafka", says=self["kafka"].says)

    def _wire(self) -> None:
        self.doors_postgres = self.lines.to(self.postgres.port, "doors-postgres")
        self.worker_postgres = self.lines.to(self.postgres.port, "worker-postgres")
        self._vault = free_port()
        self.doors_vault = self.lines.to(self._vault, "doors-vault")
        engine = create_engine(self.postgres.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for name in (*DEPARTMENTS, "vault", "alerts"):
                connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()

    def prepare(self) -> None:
        """Keys, schemas and topics, as the jobs of compose make them; run again it changes nothing."""
        arguments = [str(self.keys), COUNTY.code, self.postgres.url("NAME"), self.kafka.bootstrap]
        done = subprocess.run(
            [sys.executable, "-c", PREPARE, *arguments], cwd=self.code, env={**os.environ, **COMPILED},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise NeverUp(f"prepare: {done.stderr[-2000:]}")

    def up(self) -> "Town":
        """Prepare, start everything, and return when all of it says that it is ready."""
        self.prepare()
        self._service("vault", "services.vault", self._vault, SHOUWANG_DATABASE=self.postgres.url("vault"))
        for department in self.departments:
            self.start_door(department)
        for slot in self.workers:
            self.start_worker(slot)
        self.start_web()
        for service, port in self._ports().items():
            wait_for(lambda port=port: ready(port), service, READY_SECONDS, self[service].says)  # type: ignore[misc]
        return self

    def start_door(self, department: str) -> Service:
        """Start a department's adapter."""
        return self._service(
            department, f"services.{department}", self.doors[department],
            SHOUWANG_DATABASE=self.postgres.url(department, self.doors_postgres.port),
            SHOUWANG_KAFKA=f"127.0.0.1:{self.doors_kafka.port}",
            SHOUWANG_VAULT_URL=f"http://127.0.0.1:{self.doors_vault.port}",
        )  # fmt: skip

    def start_worker(self, slot: str) -> Service:
        """Start a worker of the group."""
        return self._service(
            f"worker-{slot}", "services.alerts.worker", free_port(),
            SHOUWANG_DATABASE=self.postgres.url("alerts", self.worker_postgres.port),
            SHOUWANG_KAFKA=f"127.0.0.1:{self.worker_kafka.port}", SHOUWANG_SLOT=slot,
        )  # fmt: skip

    def start_web(self) -> Service:
        """Start the web process of alerts."""
        return self._service(
            "web", "services.alerts.web", self.web, SHOUWANG_DATABASE=self.postgres.url("alerts"),
            SHOUWANG_VAULT_URL=f"http://127.0.0.1:{self._vault}",
        )  # fmt: skip

    def _service(self, name: str, module: str, port: int, **settings: str) -> Service:
        environment = {
            "SHOUWANG_KEYS": str(self.keys), "SHOUWANG_COUNTIES": str(self.folder / "counties.toml"),
            "SHOUWANG_DAY_FILE": str(self.folder / "day.json"),
            "SHOUWANG_CHECKPOINTS": str(self.folder / "checkpoints"), "SHOUWANG_HOST": "127.0.0.1",
            "SHOUWANG_PORT": str(port), "PYTHONUNBUFFERED": "1", **COMPILED, **settings, **self.settings,
        }  # fmt: skip
        command = [sys.executable, "-m", module]
        log = self.folder / f"{name}.log"
        return self.supervisor.add(Service(name, command, self.code, environment, log=log)).start()

    def _ports(self) -> dict[str, int]:
        return {
            name: int(service.environment["SHOUWANG_PORT"])
            for name, service in self.supervisor.services.items()
            if "SHOUWANG_PORT" in service.environment
        }

    def run_from(self, code: Path) -> None:
        """From now on services run from another source tree: stop them all, prepare, start them all."""
        names = list(self._ports())
        for name in names:
            self[name].stop()
        self.code = code
        self.prepare()
        for name in names:
            self[name].folder = code
            self[name].start()

    # -------------------------------------------------------------------------------------------------- looking at it

    def __getitem__(self, name: str) -> Service:
        return self.supervisor.services[name]

    @cached_property
    def ring(self) -> KeyRing:
        """Every key of the installation."""
        return KeyRing.open(self.keys)

    @cached_property
    def engine(self) -> Engine:
        """The alerts database, directly."""
        return open_database(self.postgres.url("alerts"))

    @cached_property
    def store(self) -> Store:
        """The alerts database as the worker sees it."""
        return Store(self.engine)

    @cached_property
    def log(self) -> KafkaLog:
        """The broker, directly."""
        return KafkaLog(self.kafka.bootstrap, wait_seconds=20)

    @cached_property
    def http(self) -> httpx.Client:
        """A client for the county's own questions."""
        return httpx.Client(timeout=60, trust_env=False, headers=self.county_headers)

    @property
    def county_headers(self) -> dict[str, str]:
        """Who shows these is the county."""
        return {"Authorization": f"Bearer {self.ring.service_key('county')}"}

    def ledger(self) -> Ledger:
        """Where the county's partition stands."""
        return self.store.ledger(PARTITION)

    def door(self, department: str, line: Line | None = None) -> str:
        """The address of an adapter, perhaps through a line."""
        return f"http://127.0.0.1:{line.port if line else self.doors[department]}"

    def progress(self, department: str) -> dict[str, Any]:
        """What an adapter says of how much waits."""
        said: dict[str, Any] = self.http.get(f"{self.door(department)}/v1/progress").raise_for_status().json()
        return said

    def api(self, path: str, **parameters: str) -> httpx.Response:
        """What alerts answers."""
        return self.http.get(f"http://127.0.0.1:{self.web}/api/v1/{path}", params=parameters).raise_for_status()

    def lines_of(self, path: str, **parameters: str) -> Iterator[dict[str, Any]]:
        """NDJSON that alerts answers."""
        url = f"http://127.0.0.1:{self.web}/api/v1/{path}"
        with self.http.stream("GET", url, params=parameters) as answer:
            answer.raise_for_status()
            for line in answer.iter_lines():
                yield json.loads(line)

    def ready(self, name: str) -> bool:
        """Whether a service says it is ready."""
        return ready(self._ports()[name])

    def issue(self, department: str) -> str:
        """A bureau's key."""
        asked = self.http.post(
            f"{self.door(department)}/v1/keys", params={"county": COUNTY.code}, json={"label": "chaos"}
        )
        return str(asked.raise_for_status().json()["key"])

    def close(self) -> None:
        """Stop everything."""
        self.supervisor.close()
        self.lines.close()
        for name in ("http", "log"):
            if name in self.__dict__:
                self.__dict__[name].close()
        if "engine" in self.__dict__:
            self.engine.dispose()


def ready(port: int) -> bool:
    """What /readyz on a port says."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5, trust_env=False).is_success
    except httpx.TransportError:
        return False


@contextmanager
def town(departments: Iterable[str] = DEPARTMENTS, *, keep: bool = False, **how: Any) -> Iterator[Town]:
    """An installation that is up, and gone afterwards, unless it is to be kept for a look at its logs."""
    folder = Path(tempfile.mkdtemp(prefix="shouwang-chaos-"))
    folder.chmod(0o711)  # PostgreSQL's user has to pass
    made: Town | None = None
    try:
        made = Town(folder, tuple(departments), **how)
        yield made.up()
    finally:
        if made is not None:
            made.close()
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
