"""Checkpoints: the end of an audit chain, signed and kept in a second place, so that a tail that was cut off shows.

One file per chain, one JSON line per checkpoint, only ever appended to. Put the folder where whoever can write the
databases cannot (another disk, another host, write-once storage).
"""

import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

EVERY: Final = 1_000
"""Acts after which the end is noted, on a day with many of them; it is noted at the turn of each day too."""


class CheckpointBroken(ValueError):
    """A line of a checkpoint file was changed; the message says which."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """That a chain had `seq` rows, the last of them with this hash."""

    seq: int
    hash: str
    at: str

    def said(self, chain: str) -> bytes:
        """What is signed."""
        return json.dumps([chain, self.seq, self.hash, self.at], separators=(",", ":")).encode()


class Checkpoints:
    """The checkpoint file of one chain; its signing key comes from the chain's own key."""

    def __init__(self, folder: Path, chain: str, key: bytes) -> None:
        self._file, self._chain = folder / f"{chain}.jsonl", chain
        self._key = Ed25519PrivateKey.from_private_bytes(hmac.digest(key, b"shouwang checkpoint", hashlib.sha256))

    @property
    def public(self) -> bytes:
        """The 32 bytes with which anybody can check a checkpoint; they give nothing away."""
        return self._key.public_key().public_bytes_raw()

    def note(self, checkpoint: Checkpoint) -> None:
        """Append a signed line; it is on the disk when this returns. Noting one again does no harm."""
        line = {
            "seq": checkpoint.seq,
            "hash": checkpoint.hash,
            "at": checkpoint.at,
            "signature": self._key.sign(checkpoint.said(self._chain)).hex(),
        }
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(handle, "r+b") as file:
            # What follows the last line break was being written when the machine went down: it was never promised.
            file.seek(file.read().rfind(b"\n") + 1)
            file.truncate()
            file.write(json.dumps(line).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def read(self) -> list[Checkpoint]:
        """Every checkpoint, by number; none where the file is not there. Raises CheckpointBroken."""
        return read(self._file, self._chain, self.public)


def read(file: Path, chain: str, public: bytes) -> list[Checkpoint]:
    """The checkpoints of a file as far as their signatures hold; needs no secret. Raises CheckpointBroken."""
    if not file.exists():
        return []
    verifier = Ed25519PublicKey.from_public_bytes(public)
    return sorted(_read(file, chain, verifier), key=lambda one: one.seq)


def _read(file: Path, chain: str, verifier: Ed25519PublicKey) -> Iterator[Checkpoint]:
    *lines, _half = file.read_text(encoding="ascii").split("\n")
    for number, line in enumerate(lines, 1):
        try:
            said = json.loads(line)
            checkpoint = Checkpoint(said["seq"], said["hash"], said["at"])
            verifier.verify(bytes.fromhex(said["signature"]), checkpoint.said(chain))
        except (ValueError, KeyError, TypeError, InvalidSignature):
            raise CheckpointBroken(f"{file.name} line {number} was changed") from None
        yield checkpoint
