"""Which broker the tests run on: the one they are given, else Docker's, else a native one, else none, and then why."""

import os
from collections.abc import Callable
from pathlib import Path

from tests.broker.broker import Broker, NoBroker, wait_until_ready
from tests.broker.container import ContainerBroker
from tests.broker.native import NativeBroker

GIVEN = "SHOUWANG_TEST_KAFKA"
"""Address of a broker to use; `container` or `native` picks that way and no other."""


class GivenBroker:
    """Somebody's running broker: it is used, and never killed or stopped."""

    def __init__(self, bootstrap: str) -> None:
        self.kind, self.bootstrap = f"given ({bootstrap})", bootstrap

    def start(self) -> None:
        """See `Broker.start`."""
        wait_until_ready(self.bootstrap)

    def kill(self) -> None:
        """Not ours to kill."""
        raise NoBroker(f"{GIVEN} is not ours to kill")

    def close(self) -> None:
        """Not ours to stop."""


def find_broker(folder: Path) -> Broker:
    """A started broker; raises `NoBroker` with every reason when there is no way to one."""
    given = os.environ.get(GIVEN, "")
    ways: dict[str, Callable[[], Broker]] = {"container": ContainerBroker, "native": lambda: NativeBroker(folder)}
    if given and given not in ways:
        ways = {given: lambda: GivenBroker(given)}
    reasons = []
    for name, make in ways.items():
        if given in ("", name):
            try:
                broker = make()
                broker.start()
            except NoBroker as reason:
                reasons.append(str(reason))
            else:
                return broker
    raise NoBroker("; ".join(reasons))
