"""How a process that keeps a county in memory looks for garbage: seldom, because facts make no cycles."""

import gc
from typing import Final

ALLOCATIONS: Final = 200_000
"""New objects between two looks at the young ones: applying a word then costs 1.9 µs, not 3.3 (docs/kafka.md 4)."""


def collect_seldom() -> None:
    """Call once, when everything is composed: what stands now is never garbage, and the rest is looked at seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(ALLOCATIONS, 20, 100)
