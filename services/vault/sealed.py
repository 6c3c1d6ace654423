"""One person's words under that person's own key: AES-256-GCM, bound to county, reference and department."""

import json
import secrets
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shouwang.kit.keys import NONCE_BYTES, Sealer
from shouwang.kit.vault import Identified

_FIELDS: Final = ("number", "name", "phone", "address")
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def new_key(sealer: Sealer, county: str, ref: str) -> tuple[bytes, AESGCM]:
    """A fresh data key: wrapped for storage, and as a cipher."""
    key = AESGCM.generate_key(256)
    return sealer.seal(key, f"{county}/{ref}".encode()), AESGCM(key)


def unwrap(sealer: Sealer, county: str, ref: str, wrapped: bytes) -> AESGCM:
    """The data key as a cipher; raises SealBroken."""
    return AESGCM(sealer.open(wrapped, f"{county}/{ref}".encode()))


def seal(cipher: AESGCM, county: str, department: str, person: Identified) -> bytes:
    """What a department says, for storage."""
    said = _ENCODER.encode([getattr(person, field) for field in _FIELDS]).encode()
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, said, f"{county}/{person.ref}/{department}".encode())


def unseal(cipher: AESGCM, county: str, department: str, ref: str, sealed: bytes) -> Identified:
    """What a department said."""
    said = cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], f"{county}/{ref}/{department}".encode())
    return Identified(ref, *json.loads(said))


def merged(before: Identified, now: Identified) -> Identified:
    """The newer statement; what it leaves empty stays as it was said before."""
    return Identified(now.ref, *(getattr(now, field) or getattr(before, field) for field in _FIELDS))
