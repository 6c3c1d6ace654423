"""The keys nobody could make again, sealed by a passphrase into one text file: kept by one, the passphrase by another.

Daily keys are not in it: they are meant to be lost after 30 days.
"""

import base64
import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from shouwang.backup.taking import fingerprints
from shouwang.kit.keys import KeyFolder, KeyRing

CONFIRMED: Final = "keys-confirmed.json"
"""In the installation's folder: which keys (by fingerprint) somebody has opened a backup of, and when."""

_BEGIN, _END = "-----BEGIN SHOUWANG KEYS-----", "-----END SHOUWANG KEYS-----"
_COST: Final = {"length": 32, "n": 1 << 17, "r": 8, "p": 1}
"""scrypt at 128 MiB: a guess costs half a second, and there are 2^125 (OWASP asks n = 2^17 even for chosen ones)."""
_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""32 signs that are not mistaken for each other on paper."""


class NotOpened(ValueError):
    """A key backup cannot be opened; the message is one Chinese sentence."""


class Opened(NamedTuple):
    """What a key backup holds."""

    made_at: datetime
    keys: Mapping[str, bytes]


def new_passphrase() -> str:
    """25 signs in groups of five, 125 bits."""
    signs = [secrets.choice(_LETTERS) for _ in range(25)]
    return "-".join("".join(signs[at : at + 5]) for at in range(0, 25, 5))


def seal(folder: Path, passphrase: str, moment: datetime) -> str:
    """All keys that were made for good, as text to be stored or printed; raises MissingKey when one is missing."""
    ring = KeyRing.open(folder)
    keys = {name: base64.b64encode(ring.secret(name)).decode() for name, _ in fingerprints(folder)}
    content = json.dumps({"made_at": moment.isoformat(), "keys": keys}).encode()
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    sealed = salt + nonce + AESGCM(_key(passphrase, salt)).encrypt(nonce, content, _BEGIN.encode())
    text = base64.b64encode(sealed).decode()
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    head = (
        f"守望密钥备份，{moment:%Y-%m-%d %H:%M}，{len(keys)} 把。口令由另一人保管；恢复：shouwang keys recover 本文件"
    )
    return "\n".join((head, _BEGIN, *lines, _END, ""))


def unseal(text: str, passphrase: str) -> Opened:
    """The keys; raises NotOpened."""
    body = text.partition(_BEGIN)[2].partition(_END)[0]
    try:
        sealed = base64.b64decode("".join(body.split()), validate=True)
        salt, nonce, rest = sealed[:16], sealed[16:28], sealed[28:]
        if len(rest) <= 16:
            raise NotOpened("这不是守望的密钥备份，或文件不完整")
        said = json.loads(AESGCM(_key(passphrase, salt)).decrypt(nonce, rest, _BEGIN.encode()))
    except InvalidTag:
        raise NotOpened("打不开：口令不对，或文件被改动过") from None
    except ValueError as wrong:
        raise NotOpened("这不是守望的密钥备份，或文件不完整") from wrong
    keys = {name: base64.b64decode(value) for name, value in said["keys"].items()}
    return Opened(datetime.fromisoformat(said["made_at"]), keys)


def confirm(folder: Path, keys: Path, opened: Opened, moment: datetime) -> list[str]:
    """Note that a backup holds the keys in use; returns those it does not hold, and then notes nothing."""
    held = {name: KeyRing.fingerprint(secret) for name, secret in opened.keys.items()}
    missing = [name for name, said in fingerprints(keys) if held.get(name) != said]
    if not missing:
        note = {"at": moment.isoformat(), "made_at": opened.made_at.isoformat(), "keys": held}
        (folder / CONFIRMED).write_text(json.dumps(note) + "\n", encoding="ascii")
    return missing


def unconfirmed(folder: Path, keys: Path) -> list[str]:
    """The keys in use of which nobody has opened a backup yet."""
    try:
        noted = json.loads((folder / CONFIRMED).read_text(encoding="ascii"))["keys"]
    except FileNotFoundError:
        noted = {}
    return [name for name, said in fingerprints(keys) if noted.get(name) != said]


def recover(keys: Path, opened: Opened) -> list[str]:
    """Put the keys back where they are missing; raises NotOpened when another key of the same name is there."""
    ring, folder = KeyRing.open(keys, create=True), KeyFolder(keys)
    for name, secret in opened.keys.items():
        if folder.read(name) not in (None, secret):
            raise NotOpened(f"{keys} 里已有另一把 {name}；这是另一套密钥的备份，没有改动任何东西")
    put = [name for name in opened.keys if not folder.has(name)]
    for name in put:
        folder.add(name, opened.keys[name])
    for name in opened.keys:
        ring.secret(name)
    return put


def _key(passphrase: str, salt: bytes) -> bytes:
    plain = "".join(sign for sign in passphrase.upper() if sign.isalnum())
    return Scrypt(salt=salt, **_COST).derive(plain.encode())
