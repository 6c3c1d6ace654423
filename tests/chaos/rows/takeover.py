"""T6 and T7: a worker that stands still while another takes over, and partitions that move to and fro."""

import random
import signal
import time

from tests.chaos.faults import PAUSE_SECONDS, rebalanced
from tests.chaos.judge import Verdict
from tests.chaos.mixed import Flow
from tests.chaos.rows.scene import Notes, Scale, play
from tests.chaos.servers import wait_for
from tests.chaos.town import COUNTY, Town


def t6(scale: Scale) -> Verdict:
    """The worker that writes is stopped, the other takes over, the first wakes up: the fence lets it write nothing."""

    def disturb(town: Town, flow: Flow, notes: Notes) -> None:
        other = town.start_worker("2")
        wait_for(lambda: town.ready("worker-2"), "worker-2", says=other.says)
        time.sleep(5)
        for _ in range(min(scale.times, 2)):
            writer = _writer(town)
            town[writer].give(signal.SIGSTOP)
            stopped = time.monotonic()
            notes.waits.append(flow.pulse.first_word(stopped + 2.0))
            time.sleep(max(0.0, PAUSE_SECONDS - (time.monotonic() - stopped)))
            town[writer].give(signal.SIGCONT)
            time.sleep(8)

    return play(scale, disturb)


def _writer(town: Town) -> str:
    """The worker that has applied words last."""
    before = {name: town[name].log.stat().st_size for name in ("worker-1", "worker-2")}
    time.sleep(4)
    return max(before, key=lambda name: town[name].log.stat().st_size - before[name])


def t7(scale: Scale) -> Verdict:
    """One worker, two, one again, several times over."""

    def disturb(town: Town, flow: Flow, notes: Notes) -> None:
        for _ in range(scale.times):
            rebalanced(town, random.Random())
            notes.waits.append(flow.pulse.first_word(time.monotonic()))
        notes.figures["words heard"] = town.ledger().county(COUNTY.code).words

    return play(scale, disturb)
