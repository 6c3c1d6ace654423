"""Secrets in a folder of files: the county keys, the sealing keys, the keys services show each other.

A file is one line of base64, mode 0600, in a folder of mode 0700. Nothing here reads the environment. A key that was
once made and is gone is never made again in silence: under another county key every join would be lost.
"""

import base64
import hashlib
import hmac
import os
import re
import secrets
import tempfile
from datetime import date
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shouwang.kit.clock import Clock, SystemClock
from shouwang.kit.identity import Identity

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
DAILY: Final = frozenset({"inbox", "letters"})
"""Sealed under a key of their own per day, so that 30 days later the key can be destroyed (docs/design.md, R8)."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,60}")


class MissingKey(RuntimeError):
    """A secret is not where it must be; the message carries the remedy."""


class OpenToOthers(RuntimeError):
    """A secret can be read by other users of the machine; the message carries the remedy."""


class SealBroken(ValueError):
    """Sealed bytes were changed, belong elsewhere, or their key is destroyed."""


class KeyFolder:
    """A folder of secret files: reading refuses what others could read, making never replaces a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def make(self) -> None:
        """Make the folder for its owner only."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def read(self, name: str) -> bytes | None:
        """The secret, or None when there is none of that name."""
        file = self._file(name)
        try:
            text = file.read_text(encoding="ascii")
        except FileNotFoundError:
            return None
        for path in (self.path, file):
            if path.stat().st_mode & 0o077:
                raise OpenToOthers(f"{path} can be read by other users; run `chmod go= {path}`")
        return base64.b64decode(text)

    def has(self, name: str) -> bool:
        """True while the secret is there."""
        return self._file(name).exists()

    def add(self, name: str, secret: bytes) -> bytes:
        """Put the secret there unless another process was first; returns the one that is there."""
        self.make()
        handle, temporary = tempfile.mkstemp(dir=self.path, prefix=".new-")
        with os.fdopen(handle, "w", encoding="ascii") as out:
            out.write(base64.b64encode(secret).decode() + "\n")
            out.flush()
            os.fsync(out.fileno())
        try:
            os.link(temporary, self._file(name))
        except FileExistsError:
            return self.read(name) or secret
        finally:
            Path(temporary).unlink()
        return secret

    def names(self) -> list[str]:
        """The names of all secrets, sorted."""
        return sorted(file.stem for file in self.path.glob("*.key"))

    def destroy(self, name: str) -> None:
        """Overwrite and remove a secret; what it sealed can never be read again."""
        file = self._file(name)
        file.write_bytes(secrets.token_bytes(file.stat().st_size))
        file.unlink()

    def _file(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not the name of a secret")
        return self.path / f"{name}.key"


class Sealer:
    """AES-256-GCM under the keys of one name; what is sealed carries the id of its key.

    Sealed bytes are: version 1, length of the key id, key id, 12 random bytes of nonce, ciphertext with tag. The key id
    and the context (what the bytes belong to, e.g. a receipt's id) are authenticated: nothing can be moved elsewhere.
    """

    def __init__(self, folder: KeyFolder, name: str, clock: Clock | None) -> None:
        self._folder, self._name, self._clock = folder, name, clock
        self._ciphers: dict[str, AESGCM] = {}

    def seal(self, content: bytes, context: bytes) -> bytes:
        """Encrypt; `context` must be the same when it is opened."""
        key_id = self._clock.now().date().isoformat() if self._clock else "1"
        nonce = secrets.token_bytes(NONCE_BYTES)
        head = bytes((1, len(key_id))) + key_id.encode()
        return head + nonce + self._cipher(key_id, make=True).encrypt(nonce, content, head + context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Decrypt; raises SealBroken."""
        if len(sealed) < 2 or sealed[0] != 1:
            raise SealBroken("these bytes were not sealed here")
        start = 2 + sealed[1]
        head, nonce, body = sealed[:start], sealed[start : start + NONCE_BYTES], sealed[start + NONCE_BYTES :]
        try:
            cipher = self._cipher(head[2:].decode("ascii"), make=False)
            return cipher.decrypt(nonce, body, head + context)
        except SealBroken:
            raise
        except (InvalidTag, ValueError) as broken:
            raise SealBroken("changed, or not what it is said to be") from broken

    def destroy_before(self, day: date) -> int:
        """Destroy the daily keys of days before `day`; returns how many."""
        past = [name for name in self._folder.names() if name.startswith(f"{self._name}.") and _day_of(name) < day]
        for name in past:
            self._folder.destroy(name)
            self._ciphers.pop(_day_of(name).isoformat(), None)
        return len(past)

    def _cipher(self, key_id: str, *, make: bool) -> AESGCM:
        name = f"{self._name}.{key_id}" if self._clock else self._name
        cipher = self._ciphers.get(key_id)
        if cipher is None or (self._clock and not self._folder.has(name)):  # another process may have destroyed it
            key = self._folder.read(name)
            if key is None and make and self._clock:
                key = self._folder.add(name, secrets.token_bytes(KEY_BYTES))
            if key is None:
                raise SealBroken(f"the key {name} is destroyed or missing")
            cipher = self._ciphers[key_id] = AESGCM(key)
        return cipher


class KeyRing:
    """The secrets of one installation."""

    def __init__(self, folder: KeyFolder, clock: Clock, *, create: bool) -> None:
        self._folder, self._clock, self._create = folder, clock, create
        self._identities: dict[str, Identity] = {}

    @classmethod
    def open(cls, folder: Path, *, create: bool = False, clock: Clock | None = None) -> "KeyRing":
        """The key ring in `folder`. With `create` a secret that never was is made when first asked for.

        Raises MissingKey when the folder is absent and may not be made, OpenToOthers when others can read it.
        """
        keys = KeyFolder(folder)
        if create:
            keys.make()
        elif not folder.is_dir():
            raise MissingKey(f"{folder}: no keys here; run `shouwang up` once, or restore the folder from its backup")
        if folder.stat().st_mode & 0o077:
            raise OpenToOthers(f"{folder} can be read by other users; run `chmod -R go= {folder}`")
        return cls(keys, clock or SystemClock(), create=create)

    def identity(self, county: str) -> Identity:
        """The pseudonyms of one county."""
        known = self._identities.get(county)
        if known is None:
            known = self._identities[county] = Identity(self.secret(f"county-{county}"))
        return known

    def sealer(self, name: str) -> Sealer:
        """Encryption under the keys of `name`: one key per day for those in DAILY, else one for good."""
        if name in DAILY:
            return Sealer(KeyFolder(self._folder.path / name), name, self._clock)
        self.secret(name)
        return Sealer(self._folder, name, None)

    def service_key(self, name: str) -> str:
        """A bearer secret services of one installation share, e.g. `county` or `vault`."""
        return base64.urlsafe_b64encode(self.secret(f"service-{name}")).decode().rstrip("=")

    def secret(self, name: str) -> bytes:
        """32 secret bytes of that name; raises MissingKey."""
        fingerprints = self._fingerprints()  # read first: another process makes a key before it notes it
        found = self._folder.read(name)
        if found is None:
            if name in fingerprints or not self._create:
                raise MissingKey(f"{self._folder.path / name}.key is missing; restore it from the backup of the keys")
            found = self._folder.add(name, secrets.token_bytes(KEY_BYTES))
        if name not in fingerprints:
            self._note(name, found)
        elif not hmac.compare_digest(fingerprints[name], _fingerprint(found)):
            raise MissingKey(f"{self._folder.path / name}.key is another key than before; restore it from the backup")
        return found

    @staticmethod
    def fingerprint(secret: bytes) -> str:
        """What is noted of a secret to know it again; it gives nothing of it away."""
        return _fingerprint(secret)

    def _fingerprints(self) -> dict[str, str]:
        try:
            lines = (self._folder.path / "made.txt").read_text(encoding="ascii").splitlines()
        except FileNotFoundError:
            return {}
        return dict(line.split(" ", 1) for line in lines if " " in line)

    def _note(self, name: str, secret: bytes) -> None:
        """Remember which keys were made, and by a fingerprint which ones they were."""
        if not self._create:
            return
        handle = os.open(self._folder.path / "made.txt", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "a", encoding="ascii") as out:
            out.write(f"{name} {_fingerprint(secret)}\n")


def _fingerprint(secret: bytes) -> str:
    return hashlib.sha256(b"shouwang fingerprint" + secret).hexdigest()[:16]


def _day_of(name: str) -> date:
    return date.fromisoformat(name.rsplit(".", 1)[-1])
