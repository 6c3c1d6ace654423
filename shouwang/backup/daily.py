"""Daily keys older than anything may be read: they are destroyed again after a folder of keys was brought back."""

from datetime import date, timedelta
from typing import Final

from shouwang.kit.keys import DAILY, KeyRing
from shouwang.kit.letters import KEPT

SLACK: Final = timedelta(days=1)
"""A key's last piece may have been sealed at the end of its day."""


def destroy_old(keys: KeyRing, today: date) -> int:
    """Destroy them; returns how many."""
    return sum(keys.sealer(name).destroy_before(today - KEPT - SLACK) for name in sorted(DAILY))
