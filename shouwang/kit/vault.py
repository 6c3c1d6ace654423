"""Names, numbers, phones and addresses live in the vault; this is how others reach it."""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import httpx

from shouwang.kit.metrics import Metrics

KEEP_SECONDS = 10.0
"""A thousand people are kept within 0.1 s; ten seconds is a vault that is away."""

READY_SECONDS = 4.0
"""A vault that is well says so at once."""


class VaultAway(Exception):
    """The vault does not answer now; what needs it waits and tries again."""


class ReasonMissing(ValueError):
    """Whoever unmasks says why."""


@dataclass(frozen=True, slots=True)
class Identified:
    """What one department says of who a reference is; empty text is not stated."""

    ref: str
    number: str
    name: str
    phone: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Unmasked:
    """Who a reference is, as one department last said it."""

    ref: str
    department: str
    number: str
    name: str
    phone: str
    address: str


class KeepsPeople(Protocol):
    """What an adapter needs of the vault."""

    def keep(self, county: str, department: str, people: Sequence[Identified]) -> None:
        """Remember who these are; the newest statement of each department counts. Raises VaultAway."""
        ...

    def ready(self) -> str:
        """A check: what is wrong with it, or nothing. Raises VaultAway, or what its database raises."""
        ...


class FindsNames(Protocol):
    """What a page needs of the vault."""

    def find(self, county: str, refs: Iterable[str], *, actor: str) -> dict[str, str]:
        """The masked name (张*) of each reference that is known. Raises VaultAway."""
        ...


class Vault(KeepsPeople, FindsNames, Protocol):
    """Keep, find, unmask; every call is audited where the vault is."""

    def unmask(self, county: str, ref: str, *, actor: str, reason: str) -> tuple[Unmasked, ...]:
        """Everything known of one reference, per department; empty when unknown. Raises VaultAway, ReasonMissing."""
        ...


def masked(name: str) -> str:
    """张* of 张小明: the first character stays, so that staff who know the family recognise it."""
    return f"{name[0]}*" if name else ""


class MeasuredKeeper:
    """Keeping, counted and timed."""

    def __init__(self, vault: KeepsPeople, metrics: Metrics) -> None:
        self._vault, self._metrics = vault, metrics

    def keep(self, county: str, department: str, people: Sequence[Identified]) -> None:
        """See `KeepsPeople.keep`."""
        with _measured(self._metrics, "keep"):
            self._vault.keep(county, department, people)

    def ready(self) -> str:
        """See `KeepsPeople.ready`."""
        return self._vault.ready()


class MeasuredNames:
    """Finding names, counted and timed."""

    def __init__(self, vault: FindsNames, metrics: Metrics) -> None:
        self._vault, self._metrics = vault, metrics

    def find(self, county: str, refs: Iterable[str], *, actor: str) -> dict[str, str]:
        """See `FindsNames.find`."""
        with _measured(self._metrics, "find"):
            return self._vault.find(county, refs, actor=actor)


@contextmanager
def _measured(metrics: Metrics, call: str) -> Iterator[None]:
    start, result = time.perf_counter(), "failed"
    try:
        yield
        result = "done"
    except VaultAway:
        result = "away"
        raise
    finally:
        metrics.add("shouwang_vault_calls_total", call=call, result=result)
        metrics.observe("shouwang_vault_seconds", time.perf_counter() - start, call=call)


class VaultHttp:
    """The vault over HTTP; twin of `services.vault.keeper.VaultStore`."""

    def __init__(self, url: str, key: str, *, client: httpx.Client | None = None) -> None:
        self._client = client or httpx.Client(base_url=url, timeout=KEEP_SECONDS, trust_env=False)
        self._headers = {"Authorization": f"Bearer {key}"}

    def keep(self, county: str, department: str, people: Sequence[Identified]) -> None:
        """Remember who these are; raises VaultAway."""
        self._call("keep", {"county": county, "department": department, "people": [asdict(one) for one in people]})

    def find(self, county: str, refs: Iterable[str], *, actor: str) -> dict[str, str]:
        """The masked name of each reference that is known; raises VaultAway."""
        answer = self._call("find", {"county": county, "refs": list(refs), "actor": actor})
        names: dict[str, str] = answer["names"]
        return names

    def unmask(self, county: str, ref: str, *, actor: str, reason: str) -> tuple[Unmasked, ...]:
        """Everything known of one reference, per department; raises VaultAway, ReasonMissing."""
        if not reason.strip():
            raise ReasonMissing(ref)
        answer = self._call("unmask", {"county": county, "ref": ref, "actor": actor, "reason": reason})
        return tuple(Unmasked(**one) for one in answer["people"])

    def ready(self) -> str:
        """A check: what is wrong, or nothing; raises VaultAway."""
        try:
            answer = self._client.get("/readyz", timeout=READY_SECONDS)
        except httpx.TransportError as away:
            raise VaultAway(type(away).__name__) from None
        return "" if answer.status_code == httpx.codes.OK else "身份库还不能工作"

    def _call(self, what: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            answer = self._client.post(f"/v1/{what}", json=body, headers=self._headers)
        except httpx.TransportError as away:
            raise VaultAway(type(away).__name__) from None
        if (
            answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR
            or answer.status_code == httpx.codes.TOO_MANY_REQUESTS
        ):
            raise VaultAway(f"HTTP {answer.status_code}")
        answer.raise_for_status()
        result: dict[str, Any] = answer.json()
        return result
