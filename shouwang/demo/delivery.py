"""Files through the real doors: one day after another, every receipt waited for, held lists settled by people."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from shouwang.cli.day import Backwards, settle, turn
from shouwang.cli.push import send, wait
from shouwang.cli.reach import Reach
from shouwang.demo.sendings import Sending


@dataclass(frozen=True, slots=True)
class Delivered:
    """A sending with the receipt it ended with, and the one it was held by before."""

    sending: Sending
    receipt: dict[str, Any]
    held: dict[str, Any] | None = None


class Delivery:
    """Carries sendings to the doors: each department with its own key, the county with the county's."""

    def __init__(self, county: Reach, bureaus: Mapping[str, Reach], code: str) -> None:
        self._county, self._bureaus, self._code = county, bureaus, code

    def days(
        self, sendings: tuple[Sending, ...], moved: Callable[[Sending, dict[str, Any]], None]
    ) -> Iterator[tuple[date, list[Delivered]]]:
        """Deliver day by day; when a day is yielded, all of it is judged."""
        for day, files in groupby(sendings, key=lambda s: s.day):
            self.turn(day)
            delivered = []
            for sending in files:
                delivered.append(self.deliver(sending))
                moved(sending, delivered[-1].receipt)
            settle(self._county, self._code)
            yield day, delivered

    def turn(self, day: date) -> None:
        """Turn the county's day, unless it is there or further: a demo that was broken off goes on."""
        with suppress(Backwards):
            turn(self._county, day, county=self._code)

    def deliver(self, sending: Sending) -> Delivered:
        """One file and its receipt."""
        bureau = self._bureaus[sending.department]
        as_of = sending.as_of.isoformat() if sending.told else ""
        receipt = send(bureau, sending.department, sending.feed, sending.name, sending.content, as_of=as_of)
        if receipt["state"] != "held" or not sending.settle:
            return Delivered(sending, receipt)
        return Delivered(sending, self._settled(sending, receipt["receipt"]), held=receipt)

    def _settled(self, sending: Sending, receipt: str) -> dict[str, Any]:
        # Who sent a list may discard it; only the county may confirm it (docs/design.md 14).
        reach = self._county if sending.settle == "confirm" else self._bureaus[sending.department]
        address = f"{reach.door(sending.department)}/v1/receipts/{receipt}"
        reach.post(f"{address}/{sending.settle}")
        return wait(reach, sending.department, receipt) if sending.settle == "confirm" else dict(reach.get(address))
