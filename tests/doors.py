"""A department's door for tests: the real adapter over SQLite files and a local log, driven step by step."""

import importlib
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import httpx

from contracts.envelope import Envelope, decode
from contracts.topics import TOPICS, facts_topic, partition_of
from shouwang.kit.adapter.declaration import Adapter
from shouwang.kit.adapter.serve import Door, Folders
from shouwang.kit.adapter.tables import MIGRATIONS
from shouwang.kit.bus import Log
from shouwang.kit.bus.local import LocalLog
from shouwang.kit.clock import SHANGHAI, FixedClock
from shouwang.kit.counties import County
from shouwang.kit.database import open_database, upgrade
from shouwang.kit.keys import KeyRing
from shouwang.kit.vault import Identified, VaultAway
from tests.asgi import client

COUNTY = County("532927", 1, "巍山彝族回族自治县")
OTHER = County("532901", 2, "大理市")
DAY = date(2026, 6, 15)


class ListVault:
    """A vault in memory that can be away."""

    def __init__(self) -> None:
        self.people: list[Identified] = []
        self.calls: list[int] = []
        self.away = False

    def keep(self, county: str, department: str, people: Sequence[Identified]) -> None:
        """Remember them; raises VaultAway while it is away."""
        if self.away:
            raise VaultAway("away")
        self.calls.append(len(people))
        self.people += people

    def ready(self) -> str:
        """Raises VaultAway while it is away."""
        if self.away:
            raise VaultAway("away")
        return ""


class Office:
    """One department: its door, what stands around it, and a bureau with a key."""

    def __init__(
        self, folder: Path, department: str, *, clock: FixedClock | None = None, log: Log | None = None,
        drop: bool = False, url: str = "",
    ) -> None:  # fmt: skip
        self.folder, self.department = folder, department
        self.clock = clock or FixedClock(datetime.combine(DAY, time(9), SHANGHAI))
        self.keyring = KeyRing.open(folder / "keys", create=True, clock=self.clock)
        self.engine = open_database(url or f"sqlite:///{folder}/{department}.db", durable=False)
        upgrade(self.engine, MIGRATIONS)
        self.local = LocalLog(folder / "log.db", durable=False)
        self.local.ensure(TOPICS)
        self.vault = ListVault()
        self.counties = {county.code: county for county in (COUNTY, OTHER)}
        if drop:
            del self.counties[OTHER.code]
        self._log = log or self.local
        self._drop = folder / "drop" if drop else None
        self.door = self.another_door()
        self.county = client(self.door.app(), key=self.keyring.service_key("county"))
        self.key = self.issue(COUNTY)
        self.bureau = client(self.door.app(), key=self.key)

    def another_door(self) -> Door:
        """A second process over the same database, as after a crash."""
        return Door(
            adapter_of(self.department), self.engine, self.keyring, self.counties, self.clock, self.vault, self._log,
            folders=Folders(self.folder / "checkpoints", self._drop),
        )  # fmt: skip

    def issue(self, county: County) -> str:
        """A key of this department for a county."""
        answer = self.county.post("/v1/keys", params={"county": county.code}, json={"label": "测试"})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["key"])

    def file(self, feed: str, name: str, content: bytes, **asked: str) -> httpx.Response:
        """Send a file."""
        return self.bureau.post(f"/v1/feeds/{feed}/files", files={"file": (name, content)}, params=asked)

    def records(self, feed: str, records: list[dict[str, Any]], **asked: str) -> httpx.Response:
        """Push records."""
        return self.bureau.post(f"/v1/feeds/{feed}/records", json={"records": records}, params=asked)

    def settled(self, answer: httpx.Response) -> dict[str, Any]:
        """Translate everything that waits; the receipt of this answer as it then is."""
        assert answer.status_code == 202, answer.text
        while self.door.work_once():
            pass
        return self.receipt(answer.json()["receipt"])

    def receipt(self, receipt: str) -> dict[str, Any]:
        """A receipt as it stands."""
        answer = self.bureau.get(f"/v1/receipts/{receipt}")
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.json()
        return said

    def published(self, county: County = COUNTY) -> list[Envelope]:
        """Everything on the topic for a county, in order, after the outbox has been sent."""
        while self.door.relay_once():
            pass
        batch = self.local.read(facts_topic(self.department), partition_of(county.number), 0, 100_000)
        return [decode(record.value) for record in batch.records]

    def pass_seconds(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.set(self.clock.now() + timedelta(seconds=seconds))

    def close(self) -> None:
        """Let go of everything."""
        self.door.stop()
        self.local.close()
        self.engine.dispose()


def adapter_of(department: str) -> Adapter:
    """A department's declaration."""
    adapter: Adapter = importlib.import_module(f"services.{department}.adapter").adapter
    return adapter.complete()


def csv(*lines: str) -> bytes:
    """A CSV file of these lines."""
    return "\r\n".join(lines).encode() + b"\r\n"
