"""Bringing a backup back: all is checked before anything is touched, and what lives is not overwritten unasked."""

import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, text

from shouwang.backup import manifest
from shouwang.backup.daily import destroy_old
from shouwang.backup.manifest import Manifest, NotABackup
from shouwang.backup.snapshot import give_file, give_tables
from shouwang.backup.taking import fingerprints
from shouwang.kit.database import reading, upgrade
from shouwang.kit.keys import KeyRing, MissingKey
from shouwang.standalone.erasing import erase_again
from shouwang.standalone.installation import Busy, Installation, schemas

KINDS: Final = {"sqlite": "本机实例（SQLite）", "postgresql": "容器实例（PostgreSQL）"}


def restore(
    installation: Installation, source: Path, moment: datetime, *, keys: Path | None = None, replace: bool = False
) -> Manifest:
    """Put everything of a backup in place; raises NotABackup, Busy, MissingKey, and then nothing was touched.

    The services are stopped and stay so until `rejoin` has followed. With `replace` what lives is put aside (SQLite:
    `replaced-…` in the folder) or gone (PostgreSQL).
    """
    said = manifest.read(source)
    manifest.check(source, said)
    _require_fitting(installation, said)
    with installation.lock():
        for name in said.databases:
            _require_still(installation, name)
        if not replace:
            _require_empty(installation, said)
        _settle_keys(installation, said, keys)
        installation.unfinished.touch(mode=0o600)
        if next(iter(said.databases.values())).kind == "sqlite":
            _give_files(installation, source, said, moment)
        else:
            for name, copied in said.databases.items():
                engine = installation.database(name)
                give_tables(engine, source / name, copied.tables, schemas()[name], copied.revision)
                engine.dispose()
        for name in (installation.counties_file.name, installation.day_file.name):
            if name in said.files:
                shutil.copy2(source / name, installation.folder / name)
        _upgrade(installation, said)
        _go_on_with_chains(installation, moment, said)
        # Whoever was erased is in the backup still.
        erase_again(installation)
        # Keys that were to be destroyed meanwhile do not come back with the folder of keys (docs/design.md, R8).
        destroy_old(KeyRing.open(installation.key_folder), moment.date())
    return said


def _require_fitting(installation: Installation, said: Manifest) -> None:
    known = schemas()
    for name, copied in said.databases.items():
        if name not in known:
            raise NotABackup(f"备份里有本版本没有的数据库 {name}；请先安装 {said.version}")
        here = "postgresql" if installation.elsewhere(name).exists() else "sqlite"
        if copied.kind != here:
            raise NotABackup(f"这是{KINDS[copied.kind]}的备份，不能恢复成{KINDS[here]}")
        if copied.revision and not any(known[name].glob(f"versions/{copied.revision}*.py")):
            raise NotABackup(f"{name} 的结构 {copied.revision} 比本版本新；请先安装 {said.version}")


def _require_still(installation: Installation, name: str) -> None:
    """Nobody works with a database that is elsewhere (in a folder, the lock says so)."""
    if not installation.elsewhere(name).exists():
        return
    engine = installation.database(name)
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    with engine.connect() as connection:
        count = connection.execute(text(others)).scalar_one()
    engine.dispose()
    if count:
        raise Busy(f"数据库 {name} 还有 {count} 个连接；先停止服务再恢复，见运维手册“恢复”")


def _require_empty(installation: Installation, said: Manifest) -> None:
    for name in said.databases:
        if not installation.has_database(name):
            continue
        engine = installation.database(name)
        living = _is_living(engine, name)
        engine.dispose()
        if living:
            raise NotABackup(f"{name} 里已有数据；确实要用备份替换，请加 --replace（先另做一份备份）")


def _is_living(engine: Engine, name: str) -> bool:
    """Whether anything was ever said in a database."""
    table = {"alerts": "ledger", "vault": "vault_keys"}.get(name, "sending")
    there = {"sqlite": "SELECT name FROM sqlite_master", "postgresql": "SELECT tablename FROM pg_tables"}
    with reading(engine).connect() as connection:
        if table not in set(connection.exec_driver_sql(there[engine.dialect.name]).scalars()):
            return False
        return connection.exec_driver_sql(f"SELECT 1 FROM {table} LIMIT 1").first() is not None  # noqa: S608


def _settle_keys(installation: Installation, said: Manifest, given: Path | None) -> None:
    """The keys the data belongs to are here, or are put here; raises MissingKey."""
    at = given or installation.key_folder
    found = dict(fingerprints(at)) if at.is_dir() else {}
    for name, fingerprint in said.keys.items():
        if found.get(name) != fingerprint or not (at / f"{name}.key").is_file():
            raise MissingKey(f"{at} 里没有这份数据的密钥 {name}；用 --keys 指出密钥备份的目录")
    if given is None:
        return
    here = dict(fingerprints(installation.key_folder))
    if here and any(here.get(name, fingerprint) != fingerprint for name, fingerprint in said.keys.items()):
        raise MissingKey(f"{installation.key_folder} 里是另一套密钥；确认不要了再移走它，然后重试")
    shutil.copytree(given, installation.key_folder, dirs_exist_ok=True)
    for path in (installation.key_folder, *installation.key_folder.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)


def _give_files(installation: Installation, source: Path, said: Manifest, moment: datetime) -> None:
    """First every database whole beside its place, then all of them into place at once."""
    fresh = installation.folder / ".restoring"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    for name in said.databases:
        give_file(source / name / "data.db", fresh / f"{name}.db")
    _put_aside(installation, moment)
    for file in sorted(fresh.iterdir()):
        file.rename(installation.folder / file.name)
    fresh.rmdir()


def _put_aside(installation: Installation, moment: datetime) -> None:
    """What is here, the log included: what it held is void, and is sent again."""
    old = [*installation.folder.glob("*.db"), *installation.folder.glob("*.db-*"), installation.day_file]
    old = [path for path in old if path.exists()]
    if not old:
        return
    aside = installation.folder / f"replaced-{moment:%Y-%m-%dT%H%M%S}"
    aside.mkdir(mode=0o700)
    for path in old:
        path.rename(aside / path.name)


def _upgrade(installation: Installation, said: Manifest) -> None:
    for name in said.databases:
        engine = installation.database(name)
        upgrade(engine, schemas()[name])
        engine.dispose()


def _go_on_with_chains(installation: Installation, moment: datetime, said: Manifest) -> None:
    """Audit chains are back at an earlier end: checkpoints are put aside, and the restore is an act of its own."""
    if installation.checkpoints.is_dir():
        for file in installation.checkpoints.glob("*.jsonl"):
            file.rename(file.with_name(f"{file.name}.before-restore-{moment:%Y-%m-%dT%H%M%S}"))
    keys = installation.keys()
    for name in said.databases:
        engine = installation.database(name)
        with engine.begin() as connection:
            audit = installation.audit(name, keys)
            where = said.made_at.isoformat(timespec="seconds")
            audit.append(connection, actor=f"cli:{os.getuid()}", action="installation.restore", object_=where)
            audit.checkpoint(connection)
        engine.dispose()
