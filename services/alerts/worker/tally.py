"""Tally: what one unit of the worker's work amounted to, and where its time went."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Processed:
    """What became of a batch: counts, and milliseconds of processor time by stage."""

    words: int = 0
    """Words kept."""
    seen: int = 0
    """Words dropped because their number was heard before."""
    changed: int = 0
    """Facts with a new newest word."""
    judged: int = 0
    """Households judged."""
    alerts: int = 0
    """Changes of alerts."""
    letters: int = 0
    gaps: int = 0
    erased: int = 0
    """People erased."""
    ms: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the processor time of a block under a stage's name."""
        start = time.process_time()
        try:
            yield
        finally:
            self.ms[name] = self.ms.get(name, 0.0) + (time.process_time() - start) * 1000

    def add(self, other: "Processed") -> None:
        """Count another unit's work to this one's."""
        for name in ("words", "seen", "changed", "judged", "alerts", "letters", "gaps", "erased"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for stage, ms in other.ms.items():
            self.ms[stage] = self.ms.get(stage, 0.0) + ms
