"""The secrets job: everybody gets their share once, a second run makes nothing new, a restored ring is handed out."""

import shutil
from pathlib import Path

import pytest

from contracts.catalogue import DEPARTMENTS
from deploy.make_secrets import main
from deploy.shares import DATABASES
from shouwang.kit.keys import KeyRing, MissingKey

TOP = Path(__file__).parents[2]
COUNTY = "532927"


def run(folder: Path) -> dict[str, bytes]:
    """Run the job and return every file by its name."""
    assert main([str(folder), "--counties", str(TOP / "counties.toml")]) == 0
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_second_start_changes_nothing(tmp_path: Path) -> None:
    assert run(tmp_path) == run(tmp_path)


def test_all_departments_know_a_person_by_the_same_reference_and_alerts_by_none(tmp_path: Path) -> None:
    run(tmp_path)
    number = "532927201405120014"
    references = {
        KeyRing.open(tmp_path / department / "keys").identity(COUNTY).person(number) for department in DEPARTMENTS
    }
    assert len(references) == 1
    for process in ("alerts", "vault"):
        with pytest.raises(MissingKey):
            KeyRing.open(tmp_path / process / "keys").identity(COUNTY)


def test_every_database_has_a_password_of_its_own_that_only_its_process_is_told(tmp_path: Path) -> None:
    files = run(tmp_path)
    urls = [files[f"{name}/shouwang_database"] for name in DATABASES]
    assert [files[f"migrate/{name}"] for name in DATABASES] == urls
    assert len({url.split(b":")[2].split(b"@")[0] for url in urls}) == len(DATABASES)


def test_secrets_are_for_their_owner_only(tmp_path: Path) -> None:
    run(tmp_path)
    open_to_others = {
        path.relative_to(tmp_path).as_posix()
        for path in tmp_path.rglob("*")
        if path.is_file() and path.stat().st_mode & 0o077
    }
    assert open_to_others == {"postgres/password"}


def test_a_share_that_was_lost_or_changed_is_handed_out_again(tmp_path: Path) -> None:
    before = run(tmp_path)
    shutil.rmtree(tmp_path / "health")
    key = tmp_path / "education" / "keys" / f"county-{COUNTY}.key"
    key.write_bytes(before["vault/keys/vault.key"])
    assert run(tmp_path) == before
