"""Secrets in files: who may read them, when they are made, when they are destroyed."""

import stat
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from shouwang.kit.clock import SHANGHAI, FixedClock
from shouwang.kit.keys import KeyRing, MissingKey, OpenToOthers, SealBroken

NOW = datetime(2026, 6, 15, 12, tzinfo=SHANGHAI)


def test_without_leave_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(MissingKey, match="no keys here; run `shouwang up`"):
        KeyRing.open(tmp_path / "keys")
    assert not (tmp_path / "keys").exists()


def test_files_and_folders_are_for_their_owner_only(tmp_path: Path) -> None:
    ring = KeyRing.open(tmp_path / "keys", create=True)
    ring.identity("532927")
    ring.sealer("inbox").seal(b"x", b"y")
    for path in [tmp_path / "keys", *(tmp_path / "keys").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.parametrize("which", [".", "county-532927.key"])
def test_what_others_can_read_is_refused(tmp_path: Path, which: str) -> None:
    KeyRing.open(tmp_path / "keys", create=True).identity("532927")
    path = tmp_path / "keys" / which
    path.chmod(path.stat().st_mode | 0o040)
    with pytest.raises(OpenToOthers, match="chmod"):
        KeyRing.open(tmp_path / "keys").identity("532927")


def test_every_process_gets_the_same_secrets(tmp_path: Path) -> None:
    one, other = (KeyRing.open(tmp_path / "keys", create=True) for _ in range(2))
    assert one.identity("532927").person("1") == other.identity("532927").person("1")
    assert one.service_key("county") == other.service_key("county") != other.service_key("vault")


def test_a_key_that_was_made_and_is_gone_is_never_made_again(tmp_path: Path) -> None:
    KeyRing.open(tmp_path / "keys", create=True).identity("532927")
    (tmp_path / "keys" / "county-532927.key").unlink()
    with pytest.raises(MissingKey, match="restore it from the backup"):
        KeyRing.open(tmp_path / "keys", create=True).identity("532927")


def test_a_key_that_was_swapped_is_refused(tmp_path: Path) -> None:
    ring = KeyRing.open(tmp_path / "keys", create=True)
    ring.identity("532927")
    ring.identity("532928")
    (tmp_path / "keys" / "county-532927.key").write_bytes((tmp_path / "keys" / "county-532928.key").read_bytes())
    with pytest.raises(MissingKey, match="another key than before"):
        KeyRing.open(tmp_path / "keys").identity("532927")


def test_what_is_sealed_opens_in_its_own_context_only(tmp_path: Path) -> None:
    sealer = KeyRing.open(tmp_path / "keys", create=True).sealer("vault")
    sealed = sealer.seal("张小明".encode(), b"p1")
    assert sealer.open(sealed, b"p1") == "张小明".encode()
    assert sealer.seal("张小明".encode(), b"p1") != sealed
    with pytest.raises(SealBroken):
        sealer.open(sealed, b"p2")


def test_a_changed_byte_anywhere_is_found(tmp_path: Path) -> None:
    sealer = KeyRing.open(tmp_path / "keys", create=True, clock=FixedClock(NOW)).sealer("inbox")
    sealed = sealer.seal(b"row", b"receipt")
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(SealBroken):
            sealer.open(bytes(changed), b"receipt")
    with pytest.raises(SealBroken):
        sealer.open(b"", b"receipt")


@pytest.mark.parametrize("name", ["inbox", "letters"])
def test_destroying_a_days_key_makes_that_day_unreadable_and_no_other(tmp_path: Path, name: str) -> None:
    clock = FixedClock(NOW)
    sealer = KeyRing.open(tmp_path / "keys", create=True, clock=clock).sealer(name)
    old = sealer.seal(b"old", b"c")
    clock.set(NOW + timedelta(days=31))
    new = sealer.seal(b"new", b"c")
    assert sealer.destroy_before(date(2026, 6, 16)) == 1
    assert sealer.open(new, b"c") == b"new"
    again = KeyRing.open(tmp_path / "keys", clock=clock).sealer(name)
    for one in (sealer, again):
        with pytest.raises(SealBroken, match="destroyed"):
            one.open(old, b"c")


def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not the name of a secret"):
        KeyRing.open(tmp_path / "keys", create=True).secret("../x")
