"""What a backup folder says of itself: when, which version, which schema, which keys, and a checksum of every file."""

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ValidationError

FILE: Final = "manifest.json"
"""Written last: a folder without it is not a backup."""

FORMAT: Final = 1
CHUNK: Final = 1 << 20


class NotABackup(RuntimeError):
    """A folder cannot be restored; the message is one Chinese sentence that says why."""


class Copied(BaseModel):
    """One database of a backup, in a folder of its name."""

    kind: str
    """`sqlite` or `postgresql`."""
    revision: str
    tables: dict[str, list[str]] = {}
    """PostgreSQL: the columns of each table, in the order of its file."""


class Manifest(BaseModel):
    """The whole of it, as JSON."""

    format: int = FORMAT
    version: str
    """The version of Shouwang that made it."""
    made_at: datetime
    counties: list[str]
    databases: dict[str, Copied]
    keys: dict[str, str]
    """Fingerprints of the keys the data belongs to; the keys themselves are kept apart."""
    files: dict[str, str]
    """SHA-256 of every file, by its path in the folder."""


def write(folder: Path, manifest: Manifest) -> None:
    """Seal a backup: from now on the folder is one."""
    fresh = folder / f".{FILE}"
    fresh.write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")
    fresh.chmod(0o600)
    fresh.replace(folder / FILE)


def read(folder: Path) -> Manifest:
    """A backup's manifest; raises NotABackup."""
    try:
        said = json.loads((folder / FILE).read_text(encoding="utf-8"))
        manifest = Manifest.model_validate(said)
    except (FileNotFoundError, NotADirectoryError):
        raise NotABackup(f"{folder} 不是备份，或备份没有做完：缺 {FILE}") from None
    except (ValueError, ValidationError):
        raise NotABackup(f"{folder / FILE} 读不懂，换一份备份") from None
    if manifest.format != FORMAT:
        raise NotABackup(f"{folder} 是更新的版本（{manifest.version}）做的备份；请先安装那个版本")
    return manifest


def check(folder: Path, manifest: Manifest) -> None:
    """Compare every file with its checksum; raises NotABackup naming the first that differs."""
    for name, expected in manifest.files.items():
        file = folder / name
        if not file.is_file():
            raise NotABackup(f"备份不完整：缺 {name}")
        if digest(file) != expected:
            raise NotABackup(f"备份已损坏：{name} 与校验值不符，换一份备份")


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder, by its path in it."""
    return {str(file.relative_to(folder)): digest(file) for file in sorted(_files(folder))}


def digest(file: Path) -> str:
    """SHA-256 of one file."""
    found = hashlib.sha256()
    with file.open("rb") as source:
        while piece := source.read(CHUNK):
            found.update(piece)
    return found.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and path.name != FILE)
