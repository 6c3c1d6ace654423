"""An embedded installation: one folder with its keys, databases, log, county and the lock that lets one instance in."""

import fcntl
import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Engine

from contracts.catalogue import DEPARTMENTS
from shouwang.kit.clock import TrialClock
from shouwang.kit.counties import CountiesRefused, County, load_counties
from shouwang.kit.keys import KeyRing

if TYPE_CHECKING:
    from shouwang.kit.audit import Audit

DELIVERED: Final = Path(__file__).parents[2] / "counties.toml"
"""The counties as the checkout delivers them."""

INSTALLED: Final = Path(sys.prefix) / "share" / "shouwang" / "counties.toml"
"""The same where there is no checkout (pyproject.toml, data-files)."""


class Busy(RuntimeError):
    """Another instance works in this folder."""


class Installation:
    """Where everything of one embedded installation lies; making one touches nothing."""

    def __init__(self, folder: Path, *, county: str = "", counties: Path | None = None) -> None:
        self.folder = folder
        self._county, self._delivered = county, counties

    @property
    def key_folder(self) -> Path:
        """The secrets (mode 0700)."""
        return self.folder / "keys"

    @property
    def log(self) -> Path:
        """The log of all topics."""
        return self.folder / "log.db"

    @property
    def drop(self) -> Path:
        """The drop folder, `<department>/<feed>/`."""
        return self.folder / "drop"

    @property
    def checkpoints(self) -> Path:
        """The second place, where the ends of audit chains are noted."""
        return self.folder / "checkpoints"

    @property
    def day_file(self) -> Path:
        """What `shouwang day` last said."""
        return self.folder / "day.json"

    @property
    def instance_file(self) -> Path:
        """Where commands find the running instance."""
        return self.folder / "instance.json"

    @property
    def counties_file(self) -> Path:
        """The county this folder serves, written at the first start and binding from then on."""
        return self.folder / "counties.toml"

    @property
    def unfinished(self) -> Path:
        """There while a restore is under way, or when one was interrupted."""
        return self.folder / "restore-unfinished"

    def clock(self) -> TrialClock:
        """The real moment, and the day the county was turned to."""
        return TrialClock(self.day_file)

    def keys(self, *, create: bool = False) -> KeyRing:
        """The secrets; raises MissingKey when there are none and none may be made."""
        return KeyRing.open(self.key_folder, create=create)

    def county(self) -> County:
        """The county served: the one of an earlier start, else `--county`, else the first delivered."""
        if self.counties_file.exists():
            settled = next(iter(load_counties(self.counties_file).values()))
            if self._county not in ("", settled.code):
                raise CountiesRefused(
                    f"{self.folder} 属于 {settled.name}（{settled.code}）；另一个县请用另一个 --data 目录"
                )
            return settled
        delivered = load_counties(self._delivered or _counties_at_hand())
        if not self._county:
            return next(iter(delivered.values()))
        return delivered.get(self._county) or _unnamed(self._county)

    def counties(self) -> dict[str, County]:
        """Every county served: in containers there may be several."""
        return load_counties(
            self.counties_file if self.counties_file.exists() else self._delivered or _counties_at_hand()
        )

    def county_code(self) -> str:
        """Its code."""
        return self.county().code

    def settle_county(self) -> County:
        """The county served, written down for good."""
        county = self.county()
        if not self.counties_file.exists():
            text = f'[[county]]\ncode = "{county.code}"\nnumber = {county.number}\nname = "{county.name}"\n'
            _write(self.counties_file, text)
        return county

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Nobody else works in this folder while the block lasts; raises Busy. A killed process holds nothing."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Busy(f"{self.folder} 已有一个实例在运行；先停止它，或用另一个 --data 目录") from None
            yield

    def database(self, name: str) -> Engine:
        """One of the databases, opened."""
        from shouwang.kit.database import open_database

        # In containers the folder is the operator's share of an installation whose databases are elsewhere.
        elsewhere = self.elsewhere(name)
        if elsewhere.exists():
            return open_database(elsewhere.read_text(encoding="ascii"))
        return open_database(f"sqlite:///{self.folder / name}.db")

    def has_database(self, name: str) -> bool:
        """Whether it is there, as a file or elsewhere."""
        return self.elsewhere(name).exists() or (self.folder / f"{name}.db").exists()

    def elsewhere(self, name: str) -> Path:
        """The file with the address of a database that is not in this folder: a container's."""
        return self.folder / f"{name}.url"

    def upgrade(self) -> list[str]:
        """Bring every database to this version's schema; returns their names. Raises Busy."""
        with self.lock():
            return self.upgrade_locked()

    def upgrade_locked(self) -> list[str]:
        """The same for one who holds the lock."""
        from shouwang.kit.database import upgrade

        for name, migrations in schemas().items():
            engine = self.database(name)
            upgrade(engine, migrations)
            engine.dispose()
        return list(schemas())

    def outdated(self) -> list[str]:
        """The databases that are there and not at this version's schema."""
        from shouwang.kit.database import SchemaOutdated, require_current

        found = []
        for name, migrations in schemas().items():
            if not self.has_database(name):
                continue
            engine = self.database(name)
            try:
                require_current(engine, migrations)
            except SchemaOutdated:
                found.append(name)
            finally:
                engine.dispose()
        return found

    def announce(self, url: str, key: str) -> None:
        """Leave address and key for the commands (mode 0600)."""
        said = {
            "url": url,
            "key": key,
            "county": self.county_code(),
            "day_file": str(self.day_file),
            "pid": os.getpid(),
        }
        _write(self.instance_file, json.dumps(said) + "\n")

    def audit(self, service: str, keys: KeyRing) -> "Audit":
        """A service's audit chain."""
        from shouwang.kit.audit import Audit

        return Audit.of(keys, service, self.clock(), self.checkpoints)

    def audit_references(self, keys: KeyRing, county: str, kind: str, count: int) -> None:
        """Write into the vault's chain that somebody asked for references."""
        engine = self.database("vault")
        with engine.begin() as connection:
            self.audit("vault", keys).append(
                connection,
                actor=f"cli:{os.getuid()}",
                action="vault.ref",
                object_=f"{county}/{kind}",
                result=str(count),
            )
        engine.dispose()

    def missing(self) -> list[str]:
        """What a start would fail on, one sentence each."""
        found = [self._county_refused()]
        if self.unfinished.exists():
            found.append(f"{self.folder} 的恢复没有做完；原样再运行一遍 shouwang restore（加 --replace）")
        parent = next(path for path in (self.folder, *self.folder.absolute().parents) if path.exists())
        if not os.access(parent, os.W_OK):
            found.append(f"{self.folder}：没有写入权限；请换一个 --data 目录，或修改权限")
        return [sentence for sentence in found if sentence]

    def _county_refused(self) -> str:
        try:
            self.county()
        except CountiesRefused as refused:
            return str(refused)
        return ""


def schemas() -> dict[str, Path]:
    """Every database of an installation with its migrations."""
    from services.alerts import store
    from services.vault.keeper import MIGRATIONS as VAULT
    from shouwang.kit.adapter.tables import MIGRATIONS as ADAPTER

    return {
        **dict.fromkeys(DEPARTMENTS, ADAPTER),
        "vault": VAULT,
        "alerts": Path(str(store.__file__)).parent / "migrations",
    }


def _counties_at_hand() -> Path:
    here = Path("counties.toml")
    return next((file for file in (here, DELIVERED) if file.exists()), INSTALLED)


def _unnamed(code: str) -> County:
    if not re.fullmatch(r"\d{6}", code):
        raise CountiesRefused(f"县代码应为六位数字，不是 {code}")
    return County(code, 1, f"县{code}")


def _write(file: Path, text: str) -> None:
    """Replace a small file as a whole, readable by its owner only."""
    fresh = file.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(text)
    fresh.replace(file)
