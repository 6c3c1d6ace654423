"""Letters: bytes no stage could use, set aside with stage and reason, resting encrypted until a person settles them."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Protocol

KEPT: Final = timedelta(days=30)
"""How long a letter can be opened; then the key it was sealed with is destroyed (docs/design.md 2, R8)."""


class Seals(Protocol):
    """What seals a letter: a `shouwang.kit.keys.Sealer` for `letters`."""

    def seal(self, content: bytes, context: bytes) -> bytes:
        """Encrypt `content`; `context` must be the same when it is opened."""

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Decrypt what was sealed under the same context."""

    def destroy_before(self, day: date) -> int:
        """Destroy the keys of days before `day`; returns how many."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What could not be used: which stage gave up, why, where it stood, and the bytes themselves.

    `place` names it once and for all (`shouwang.health.facts/7/1234`: topic, partition, offset), so that the same
    bytes met again are the same letter. `reason` is one sentence without names, numbers or content of rows.
    """

    stage: str
    reason: str
    place: str
    county: str = ""
    feed: str = ""
    """The type of the fact, where it could be read."""
    body: bytes = b""


def seal(letter: Letter, sealer: Seals) -> bytes:
    """The body encrypted, bound to its place; nothing for a letter without a body."""
    return sealer.seal(letter.body, letter.place.encode()) if letter.body else b""


def unseal(sealed: bytes, place: str, sealer: Seals) -> bytes:
    """The body of a letter that was sealed at `place`; raises `SealBroken` once its key is destroyed."""
    return sealer.open(sealed, place.encode()) if sealed else b""
