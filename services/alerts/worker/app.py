"""The Faust shell: one agent over all fact topics, on the batch transport. Everything it does is in `duty.py`.

Ground rules (docs/design.md 7, docs/kafka.md 6): pinned version, no Tables, no take(), no exactly_once, one agent with
concurrency 1, a static member name per slot, no web server of Faust's, topics checked before it starts.
"""

import asyncio
import os
import signal
import tempfile
import threading
import traceback
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, NamedTuple, NoReturn

import faust
from faust.types import TP

from services.alerts.worker.duty import TOPICS, Duty
from services.alerts.worker.transport import FAUST_VERSION, AsIs, Transport
from shouwang.kit.observe import get_logger

GROUP: Final = "shouwang-alerts"
RECORDS_PER_BATCH: Final = 4000
FETCH_BYTES: Final = 4 << 20
"""Both measured best (docs/kafka.md 3)."""
BATCHES_WAITING: Final = 2
"""Faust's default of 4096 would be batches, not messages."""
ROUND_SECONDS: Final = 0.5
"""Between two looks at the clock."""


class WrongFaust(RuntimeError):
    """The Faust that is installed is not the one the transport was written and tested for."""


class Slot(NamedTuple):
    """This worker's place in the group: its name survives a restart, so that a crash needs no rebalance."""

    broker: str
    name: str
    session_seconds: float = 10.0


class AlertsApp(faust.App):
    """A Faust app on the batch transport."""

    duty: Duty

    def stored_positions(self, partitions: frozenset[TP]) -> Mapping[TP, int]:
        """See `transport.Stand`."""
        taken = self.duty.take((tp.partition, tp.topic) for tp in partitions)
        return {TP(topic, number): position for (number, topic), position in taken.items()}

    def topic_id(self, topic: str) -> str:
        """See `transport.Stand`."""
        return self.duty.topic_id(topic)

    def _new_transport(self) -> Any:
        return Transport(self.conf.broker_consumer, self)


def build(slot: Slot, duty: Duty) -> AlertsApp:
    """The app, with its one agent and its timer; raises WrongFaust."""
    found = version("faust-streaming")
    if found != FAUST_VERSION:
        raise WrongFaust(f"faust-streaming is {found}, the batch transport is for {FAUST_VERSION}: install that")
    app = AlertsApp(
        GROUP,
        broker=[f"kafka://{address}" for address in slot.broker.split(",")],
        datadir=tempfile.mkdtemp(prefix="shouwang-faust-"),
        autodiscover=False,
        web_enabled=False,
        topic_disable_leader=True,
        consumer_group_instance_id=f"{GROUP}-{slot.name}",
        # Where aiokafka begins to fetch while we have not yet told it where to read; "none" ends it there.
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=FETCH_BYTES,
        broker_max_poll_records=RECORDS_PER_BATCH,
        broker_session_timeout=slot.session_seconds,
        broker_heartbeat_interval=max(slot.session_seconds / 10, 0.3),
        stream_buffer_maxsize=BATCHES_WAITING,
        stream_wait_empty=False,
    )
    app.duty = duty
    _declare(app, duty)
    return app


def _declare(app: AlertsApp, duty: Duty) -> None:
    facts = app.topic(*TOPICS, key_serializer="raw", value_serializer=AsIs())

    @app.agent(facts, name="apply", concurrency=1)
    async def apply(stream: Any) -> None:
        async for event in stream.noack().events():
            try:
                duty.process(event.value)
            except BaseException as bug:
                end(bug)
            event.ack()

    @app.timer(ROUND_SECONDS)
    async def turn() -> None:
        try:
            duty.round()
        except BaseException as bug:
            end(bug)

    @app.on_partitions_revoked.connect
    async def revoked(*_: Any, **__: Any) -> None:
        duty.give_up()


def end(bug: BaseException) -> NoReturn:
    """Say what happened and end the process at once: the supervisor starts it anew from what is committed."""
    place = traceback.extract_tb(bug.__traceback__)[-1:]
    where = f"{Path(place[0].filename).name}:{place[0].lineno}" if place else ""
    # The sentence of an error of ours names topics and numbers; another error's text could quote a row.
    ours = type(bug).__module__.startswith(("services.", "shouwang."))
    get_logger(stage="apply").error("ended", error=type(bug).__name__, where=where, reason=str(bug) if ours else None)
    os._exit(1)


async def serve(app: AlertsApp, duty: Duty) -> None:
    """Run until a signal comes; never returns. SQL holds the truth, so leaving needs no farewell."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _leave)
    threading.Thread(target=_keep_up, args=(duty,), name="alerts-outbox", daemon=True).start()
    try:
        await app.start()
        while not app.crashed:  # noqa: ASYNC110  mode offers no event for it
            await asyncio.sleep(ROUND_SECONDS)
    except BaseException as bug:
        end(bug)
    end(app.crash_reason or RuntimeError("faust stopped"))


def _keep_up(duty: Duty) -> None:
    try:
        duty.keep_up(threading.Event())
    except BaseException as bug:
        end(bug)


def _leave() -> None:
    get_logger(stage="apply").info("stopped")
    os._exit(0)
