"""The secrets job: makes every key and database password on first start, and hands each process its share.

`python -m deploy.make_secrets FOLDER --counties FILE` works in FOLDER/<process>; run again it makes nothing new.
What a process gets is a copy: restoring FOLDER/installation from a backup and running this again restores them all.
"""

import argparse
import base64
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from contracts.catalogue import DEPARTMENTS
from deploy.shares import DATABASES, INSTALLATION, SHARES, SUPERUSER, Share
from shouwang.kit.counties import load_counties
from shouwang.kit.keys import KeyFolder, KeyRing

HOST = "postgres:5432"
KEYS = "keys"
URL_FILE = "shouwang_database"
"""The name under which a setting is looked for among the secret files (shouwang/kit/settings.py)."""


def put(path: Path, text: str, mode: int = 0o600) -> None:
    """Write a secret file that holds this text, unless it does already."""
    if path.is_file() and path.read_text(encoding="ascii") == text:
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(f".new-{path.name}")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600)
    new.write_text(text, encoding="ascii")
    new.chmod(mode)
    new.replace(path)


def password(ring: KeyRing, role: str) -> str:
    """The database password of a role: URL-safe text from the ring's secret of its own."""
    return base64.urlsafe_b64encode(ring.secret(f"database-{role}")).decode().rstrip("=")


def url(ring: KeyRing, role: str, database: str) -> str:
    """How a process reaches its database."""
    return f"postgresql+psycopg://{role}:{password(ring, role)}@{HOST}/{database}"


def hand_keys(ring: KeyRing, folder: Path, share: Share, counties: Iterable[str]) -> None:
    """Copy a process's keys into its own folder, replacing one that differs from the installation's."""
    keys = KeyFolder(folder)
    keys.make()
    names = (*share.keys, *(f"county-{county}" for county in counties if share.counties))
    for name in names:
        secret = ring.secret(name)
        if keys.read(name) not in (None, secret):
            keys.destroy(name)
        keys.add(name, secret)


def instance(ring: KeyRing, counties: Sequence[str]) -> str:
    """Where the operator's commands find the services, and the county's key (shouwang/cli/reach.py)."""
    doors = {department: f"http://{department}:8001" for department in DEPARTMENTS}
    said = {
        "url": "http://alerts-web:8000",
        "key": ring.service_key("county"),
        "doors": doors,
        "services": {"研判": "http://alerts-worker:8091", "身份库": "http://vault:8090"},
        "county": counties[0],
    }
    return json.dumps(said) + "\n"


def settle(folder: Path, counties: Sequence[str]) -> None:
    """Make what is missing and hand everybody their share."""
    ring = KeyRing.open(folder / INSTALLATION / KEYS, create=True)
    for name, share in SHARES.items():
        hand_keys(ring, folder / name / KEYS, share, counties)
        put(folder / name / URL_FILE, url(ring, name, name))
    put(folder / INSTALLATION / "instance.json", instance(ring, counties))
    for name in DATABASES:  # the operator's commands verify audit chains, back up and restore
        put(folder / INSTALLATION / f"{name}.url", url(ring, name, name))
    put(folder / "migrate" / SUPERUSER, url(ring, SUPERUSER, SUPERUSER))
    for name in DATABASES:
        put(folder / "migrate" / name, url(ring, name, name))
    # The database server runs as a user of its own; only it and this job see this folder.
    put(folder / SUPERUSER / "password", password(ring, SUPERUSER), mode=0o444)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m deploy.make_secrets", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--counties", type=Path, required=True)
    chosen = parser.parse_args(arguments)
    counties = sorted(load_counties(chosen.counties))
    settle(chosen.folder, counties)
    sys.stderr.write(f"secrets: {len(SHARES)} processes, {len(counties)} counties have theirs\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
