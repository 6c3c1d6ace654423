"""A letter can be opened for thirty days; the turn of a later day destroys its key (docs/design.md 2, R8)."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from services.alerts.worker.stages import Stages
from shouwang.kit.clock import SHANGHAI, FixedClock
from shouwang.kit.keys import KeyRing, SealBroken
from tests.stores import COUNTY, FIRST_DAY, empty_sqlite, live_rulebook

NOON = datetime(2026, 6, 15, 12, tzinfo=SHANGHAI)


@pytest.mark.parametrize(("days", "opens"), [(31, True), (32, False)])
def test_a_letters_key_ends_with_the_turn_after_thirty_days(tmp_path: Path, days: int, opens: bool) -> None:
    clock = FixedClock(NOON, {COUNTY.code: FIRST_DAY})
    sealer = KeyRing.open(tmp_path / "keys", create=True, clock=clock).sealer("letters")
    sealed = sealer.seal(b"bytes", b"place")
    clock.set(NOON + timedelta(days=days))
    with empty_sqlite() as store:
        stages = Stages(store, live_rulebook(), {COUNTY.code: COUNTY}, sealer, clock)
        stages.turn_day(COUNTY.code, FIRST_DAY + timedelta(days=days))
    if opens:
        assert sealer.open(sealed, b"place") == b"bytes"
    else:
        with pytest.raises(SealBroken, match="destroyed"):
            sealer.open(sealed, b"place")
