"""When a county's day turns: the worker makes the entry itself, once it has caught up (docs/design.md 4.4)."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Protocol

from services.alerts.store.ledger import CountyLedger
from shouwang.kit.clock import Clock
from shouwang.kit.counties import County

PATIENCE = timedelta(hours=2)
"""A day waits so long for what is still unread, then it turns all the same: at 02:00, when it began at midnight."""


class Turning(Protocol):
    """What turning a day needs of the stages."""

    def counties(self, partition: int) -> Mapping[str, CountyLedger]:
        """Where the counties of a partition stand, from the ledger row."""

    def turn_day(self, county: str, day: date) -> object:
        """Make the day's entry in the county's order, and judge who is due."""


class Days:
    """Turns the days of counties; asked often, so that a day that has not come costs one look at the clock."""

    def __init__(self, stages: Turning, clock: Clock) -> None:
        self._stages, self._clock = stages, clock
        self._at: dict[str, date] = {}
        self._since: dict[str, datetime] = {}

    def forget(self) -> None:
        """Look at the ledger again: somebody else may have turned days."""
        self._at.clear()

    def due(self, county: County, partition: int) -> date | None:
        """The day to turn to, when it is later than the ledger's; none before the county's first batch."""
        today = self._clock.today(county.code)
        if self._at.get(county.code, date.min) >= today:
            return None
        ledger = self._stages.counties(partition).get(county.code)
        if ledger is None or ledger.day is None:
            return None
        self._at[county.code] = ledger.day
        if ledger.day >= today:
            return None
        self._since.setdefault(county.code, self._clock.now())
        return today

    def turn(self, county: County, day: date, *, caught_up: bool) -> bool:
        """Turn to a due day when all is read, or when it has waited long enough; true when turned."""
        if not caught_up and self._clock.now() - self._since[county.code] < PATIENCE:
            return False
        self._stages.turn_day(county.code, day)
        self._at[county.code] = day
        del self._since[county.code]
        return True
