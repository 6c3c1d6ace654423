"""Taking a backup: every database while it is in use, in the order that lets a restore lose nothing."""

import json
import shutil
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import Final

from shouwang.backup import manifest
from shouwang.backup.manifest import Copied, Manifest, NotABackup
from shouwang.backup.snapshot import revision_of, take
from shouwang.standalone.installation import Installation

LAST: Final = "last-backup.json"
"""In the installation's folder: when the last backup was made and where, for `shouwang doctor`."""

KEYS_APART: Final = "密钥不能放进数据备份的目录：得到一个目录的人不应同时得到两样。请另选一个目录"


def backup(installation: Installation, into: Path, moment: datetime, *, keys: Path | None = None) -> Manifest:
    """Copy the whole installation into `into` (made, or empty); raises NotABackup.

    First alerts, then the departments, then the vault: a copied ledger has never heard a number its department has
    not given out, and no copied word is of a person the vault does not know. What was said in between is in the
    departments' outboxes, and is sent again after a restore (docs/decisions/N16).
    """
    _require_empty(into)
    if keys is not None:
        backup_keys(installation, into, keys)
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    databases = {}
    for name in order(installation):
        engine = installation.database(name)
        kind, revision = engine.dialect.name, revision_of(engine)
        databases[name] = Copied(kind=kind, revision=revision, tables=take(engine, into / name))
        engine.dispose()
    for file in (installation.counties_file, installation.day_file):
        if file.exists():
            shutil.copy2(file, into / file.name)
    said = Manifest(
        version=version("shouwang"),
        made_at=moment,
        counties=sorted(installation.counties()),
        databases=databases,
        keys=dict(fingerprints(installation.key_folder)),
        files=manifest.digests(into),
    )
    manifest.write(into, said)
    note = {"at": moment.isoformat(), "folder": str(into.absolute())}
    (installation.folder / LAST).write_text(json.dumps(note, ensure_ascii=False) + "\n", encoding="utf-8")
    return said


def order(installation: Installation) -> list[str]:
    """The databases there are, in the order they are copied."""
    from shouwang.standalone.installation import schemas

    names = [name for name in schemas() if installation.has_database(name)]
    return sorted(names, key=lambda name: {"alerts": 0, "vault": 2}.get(name, 1))


def backup_keys(installation: Installation, data: Path, into: Path) -> None:
    """Copy the folder of keys to a place of its own; raises NotABackup when that is with the data."""
    if data.absolute() in (into.absolute(), *into.absolute().parents) or into.absolute() in data.absolute().parents:
        raise NotABackup(KEYS_APART)
    _require_empty(into)
    shutil.copytree(installation.key_folder, into, dirs_exist_ok=True)
    into.chmod(0o700)


def dated(parent: Path, moment: datetime) -> Path:
    """The folder below `parent` for a backup of this moment, named so that folders sort as they were made."""
    name = moment.strftime("%Y-%m-%dT%H%M%S")
    free = (parent / (f"{name}-{again}" if again else name) for again in count())
    return next(folder for folder in free if not folder.exists())


def forget_old(parent: Path, keep: int) -> list[Path]:
    """Remove the oldest dated backups but `keep`; what has no manifest is left alone. Returns what was removed."""
    whole = sorted(file.parent for file in parent.glob(f"2*/{manifest.FILE}"))
    old = whole[:-keep] if keep else []
    for folder in old:
        shutil.rmtree(folder)
    return old


def fingerprints(keys: Path) -> Iterator[tuple[str, str]]:
    """Name and fingerprint of the keys that were made for good."""
    noted = keys / "made.txt"
    if noted.exists():
        for line in noted.read_text(encoding="ascii").splitlines():
            name, _, said = line.partition(" ")
            yield name, said


def _require_empty(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise NotABackup(f"{folder} 里已有内容；备份只写进空目录")
