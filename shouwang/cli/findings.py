"""What `shouwang doctor` finds: how bad it is, what is wrong in one sentence, and what to do."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final


class Weight(IntEnum):
    """How bad a finding is."""

    RED = 0
    YELLOW = 1
    NOTE = 2


MARKS: Final = {Weight.RED: "坏", Weight.YELLOW: "注意", Weight.NOTE: "知悉"}


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that is wrong, and what to do."""

    weight: Weight
    what: str
    remedy: str
