"""Erasing a person everywhere: departments, vault, alerts, through the worker the topics; again after a restore."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from contracts.catalogue import DEPARTMENTS
from services.alerts.store import erasing as alerts
from services.vault.keeper import VaultStore
from shouwang.kit.adapter import erasing as adapter
from shouwang.standalone.installation import Installation

FILE: Final = "erased.ndjson"
"""In the second place, beside the checkpoints: a restored backup knows those people again, this file says who."""


@dataclass(frozen=True, slots=True)
class Request:
    """Who is to be erased, when that was asked, by whom and on what ground."""

    county: str
    person: str
    at: str
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class Erased:
    """What became of it: facts per department, whether the vault knew the person, the request the worker still does."""

    facts: dict[str, int]
    known: bool
    request: int


def erase(installation: Installation, request: Request) -> Erased:
    """Note it in the second place, then erase; whatever fails on the way is done by erasing again."""
    _note(installation.checkpoints, request)
    return _erase(installation, request)


def erase_again(installation: Installation) -> int:
    """Erase everybody who was ever erased, e.g. after a restore; returns how many."""
    requests = list(read(installation.checkpoints))
    for request in requests:
        _erase(installation, request)
    return len(requests)


def waits(installation: Installation, request: int) -> bool:
    """Whether the worker has still to forget."""
    engine = installation.database("alerts")
    try:
        with engine.connect() as connection:
            return alerts.is_asked(connection, request)
    finally:
        engine.dispose()


def read(folder: Path) -> Iterator[Request]:
    """Every request, in order."""
    file = folder / FILE
    if file.exists():
        for line in file.read_text(encoding="utf-8").splitlines():
            yield Request(**json.loads(line))


def _note(folder: Path, request: Request) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(folder / FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(json.dumps(asdict(request), ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _erase(installation: Installation, request: Request) -> Erased:
    """Departments first, so that none says again what alerts forgets."""
    facts = {department: _in_department(installation, department, request) for department in DEPARTMENTS}
    return Erased(facts, _in_vault(installation, request), _in_alerts(installation, request))


def _in_department(installation: Installation, department: str, request: Request) -> int:
    engine = installation.database(department)
    with engine.begin() as connection:
        found = adapter.erase(connection, request.county, request.person)
        _audit(installation, department, connection, request, f"{found} facts")
    engine.dispose()
    return found


def _in_vault(installation: Installation, request: Request) -> bool:
    engine, keys = installation.database("vault"), installation.keys()
    vault = VaultStore(engine, keys.sealer("vault"), installation.audit("vault", keys))
    known = vault.erase(request.county, request.person, actor=request.actor, reason=request.reason)
    engine.dispose()
    return known


def _in_alerts(installation: Installation, request: Request) -> int:
    engine = installation.database("alerts")
    with engine.begin() as connection:
        number = alerts.ask(connection, request.county, request.person, request.at)
        _audit(installation, "alerts", connection, request, f"request {number}")
    engine.dispose()
    return number


def _audit(installation: Installation, chain: str, connection: Connection, request: Request, result: str) -> None:
    installation.audit(chain, installation.keys()).append(
        connection,
        actor=request.actor,
        action="person.erase",
        object_=f"{request.county}/{request.person}",
        reason=request.reason,
        result=result,
    )
