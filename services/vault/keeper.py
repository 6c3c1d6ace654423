"""Keep, find, unmask, over the vault's own database; each call is one transaction with its audit row."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Engine

from services.vault.rows import KEYS, SAID
from services.vault.sealed import merged, new_key, seal, unseal, unwrap
from shouwang.kit.audit import Audit
from shouwang.kit.database import upsert
from shouwang.kit.keys import Sealer
from shouwang.kit.vault import Identified, ReasonMissing, Unmasked, masked

MIGRATIONS: Final = Path(__file__).parent / "migrations"
CHUNK: Final = 900
"""References a statement names at once; SQLite builds of old allow 999 parameters."""


class VaultStore:
    """The vault in this process; twin of `shouwang.kit.vault.VaultHttp`."""

    def __init__(self, engine: Engine, sealer: Sealer, audit: Audit) -> None:
        self._engine, self._sealer, self._audit = engine, sealer, audit

    def keep(self, county: str, department: str, people: Sequence[Identified]) -> None:
        """Remember who these are; of one reference named twice the later counts, and what is empty stays as it was."""
        newest = {person.ref: person for person in people}
        with self._engine.begin() as connection:
            said = f"{len(newest)} references"
            act = self._audit.append(
                connection, actor=department, action="vault.keep", object_=county, reason="receive", result=said
            )
            for refs in _chunks(sorted(newest)):
                self._keep(connection, county, department, [newest[ref] for ref in refs], act)

    def find(self, county: str, refs: Iterable[str], *, actor: str) -> dict[str, str]:
        """The masked name of each reference that is known, as the department that last said something new says it."""
        wanted = sorted(set(refs))
        with self._engine.begin() as connection:
            names = {one.ref: masked(one.name) for one in self._said(connection, county, wanted) if one.name}
            said = f"{len(names)} of {len(wanted)}"
            self._audit.append(connection, actor=actor, action="vault.find", object_=county, result=said, seen=names)
        return names

    def unmask(self, county: str, ref: str, *, actor: str, reason: str) -> tuple[Unmasked, ...]:
        """Everything known of one reference, the newest at the end; raises ReasonMissing."""
        if not reason.strip():
            raise ReasonMissing(ref)
        with self._engine.begin() as connection:
            known = tuple(self._said(connection, county, [ref]))
            object_, said = f"{county}/{ref}", f"{len(known)} departments"
            self._audit.append(
                connection, actor=actor, action="vault.unmask", object_=object_, reason=reason, result=said, seen=[ref]
            )
        return known

    def erase(self, county: str, ref: str, *, actor: str, reason: str) -> bool:
        """Destroy the data key of one reference and all that is sealed under it; True when there was something.

        Raises ReasonMissing. In a copy of the database the key is still there: `shouwang restore` erases again.
        """
        if not reason.strip():
            raise ReasonMissing(ref)
        with self._engine.begin() as connection:
            for table in (SAID, KEYS):
                gone = connection.execute(sa.delete(table).where(table.c.county == county, table.c.ref == ref)).rowcount
            said = "erased" if gone else "not known"
            self._audit.append(
                connection, actor=actor, action="vault.erase", object_=f"{county}/{ref}", reason=reason, result=said
            )
        return bool(gone)

    def ready(self) -> str:
        """A check: what is wrong, or nothing."""
        with self._engine.connect() as connection:
            connection.execute(sa.text("SELECT 1"))
        return ""

    def _keep(self, connection: Connection, county: str, department: str, people: list[Identified], place: int) -> None:
        refs = [person.ref for person in people]
        ciphers = self._ciphers(connection, county, refs, make=True)
        before = self._before(connection, county, department, ciphers)
        changed = []
        for person in people:
            known = before.get(person.ref)
            said = merged(known, person) if known else person
            if said != known:
                sealed = seal(ciphers[person.ref], county, department, said)
                changed.append((person.ref, sealed))
        rows = [
            {"county": county, "ref": ref, "department": department, "place": place, "sealed": sealed}
            for ref, sealed in changed
        ]
        upsert(connection, SAID, rows, update=("place", "sealed"))

    def _before(
        self, connection: Connection, county: str, department: str, ciphers: dict[str, AESGCM]
    ) -> dict[str, Identified]:
        rows = connection.execute(
            sa.select(SAID.c.ref, SAID.c.sealed).where(
                SAID.c.county == county, SAID.c.department == department, SAID.c.ref.in_(list(ciphers))
            )
        )
        return {ref: unseal(ciphers[ref], county, department, ref, sealed) for ref, sealed in rows}

    def _said(self, connection: Connection, county: str, refs: list[str]) -> Iterator[Unmasked]:
        for some in _chunks(refs):
            ciphers = self._ciphers(connection, county, some, make=False)
            rows = connection.execute(
                sa.select(SAID.c.ref, SAID.c.department, SAID.c.sealed)
                .where(SAID.c.county == county, SAID.c.ref.in_(list(ciphers)))
                .order_by(SAID.c.place, SAID.c.department)
            )
            for ref, department, sealed in rows:
                said = unseal(ciphers[ref], county, department, ref, sealed)
                yield Unmasked(ref, department, said.number, said.name, said.phone, said.address)

    def _ciphers(self, connection: Connection, county: str, refs: list[str], *, make: bool) -> dict[str, AESGCM]:
        """The data key of each reference; missing ones are made when asked to, and of two makers the first counts."""
        known = self._wrapped(connection, county, refs)
        fresh = {ref: new_key(self._sealer, county, ref) for ref in refs if make and ref not in known}
        if fresh:
            rows = [{"county": county, "ref": ref, "wrapped": wrapped} for ref, (wrapped, _) in fresh.items()]
            upsert(connection, KEYS, rows)
            known |= self._wrapped(connection, county, list(fresh))
        ours = {ref: cipher for ref, (wrapped, cipher) in fresh.items() if known[ref] == wrapped}
        return ours | {
            ref: unwrap(self._sealer, county, ref, wrapped) for ref, wrapped in known.items() if ref not in ours
        }

    @staticmethod
    def _wrapped(connection: Connection, county: str, refs: list[str]) -> dict[str, bytes]:
        rows = connection.execute(
            sa.select(KEYS.c.ref, KEYS.c.wrapped).where(KEYS.c.county == county, KEYS.c.ref.in_(refs))
        )
        return {ref: wrapped for ref, wrapped in rows}  # noqa: C416 (rows are tuples only at run time)


def _chunks(refs: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(refs), CHUNK):
        yield refs[start : start + CHUNK]
