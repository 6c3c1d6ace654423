"""A real Kafka broker for the tests: what every way to have one can do, and why there is none when there is none."""

import socket
import time
from collections.abc import Callable
from typing import Protocol

from shouwang.kit.bus import LogAway
from shouwang.kit.bus.kafka import KafkaLog

START_SECONDS = 60


class NoBroker(Exception):
    """Why this way to a broker is not open here, in half a sentence."""


class Broker(Protocol):
    """One Kafka node; its address stays the same over `kill` and `start`."""

    kind: str
    bootstrap: str

    def start(self) -> None:
        """Start it (again, on what it already holds) and wait until it answers."""

    def kill(self) -> None:
        """End it at once, as a power cut would."""

    def close(self) -> None:
        """Stop it and forget what it holds."""


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_ready(bootstrap: str, alive: Callable[[], bool] = lambda: True) -> None:
    """Wait until the broker answers; raises `NoBroker` when it dies or takes longer than a minute."""
    deadline = time.monotonic() + START_SECONDS
    while not answers(bootstrap):
        if not alive() or time.monotonic() > deadline:
            raise NoBroker("the broker died while it started, or gave no answer within a minute")
        time.sleep(0.05)


def answers(bootstrap: str) -> bool:
    """True once the broker answers a question."""
    log = KafkaLog(bootstrap, wait_seconds=2)
    try:
        log.topic_ids([])
    except LogAway:
        return False
    finally:
        log.close()
    return True
