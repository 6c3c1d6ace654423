"""T1 to T5: kill -9 of everything, a broker that is away, a broker that has lost its disk."""

import random
import time

from tests.chaos.faults import killed_at_its_answer, wiped
from tests.chaos.judge import Verdict
from tests.chaos.mixed import Flow
from tests.chaos.rows.scene import Notes, Scale, play
from tests.chaos.town import Town

NOT_NOW = (0, 202, 429, 503, 507)
"""0 is no answer: the connection broke."""


def _kill(name: str, scale: Scale, town: Town, flow: Flow, notes: Notes) -> None:
    dice = random.Random(scale.seed)
    for _ in range(scale.times):
        time.sleep(dice.uniform(0.5, 3))
        town[name].kill()
        notes.waits.append(flow.pulse.first_word(time.monotonic()))


def t1(scale: Scale) -> Verdict:
    """The worker killed at random points."""
    return play(scale, lambda town, flow, notes: _kill("worker-1", scale, town, flow, notes))


def t2(scale: Scale) -> Verdict:
    """Adapters killed between commit and answer, and between answer and publish: one receipt, one set of words."""

    def disturb(town: Town, flow: Flow, notes: Notes) -> None:
        for department in town.departments:
            killed_at_its_answer(department)(town, random.Random())
            notes.waits.append(flow.pulse.first_word(time.monotonic(), department))
            _kill_before_publish(town, flow, department)
            notes.waits.append(flow.pulse.first_word(time.monotonic(), department))
        unanswered = sum(0 in push.answers for push in flow.account.pushes)
        notes.figures["pushes that lost an answer"] = unanswered
        if unanswered < len(town.departments):
            notes.wrong.append("hardly a push lost its answer: the scenario has shown nothing")

    return play(scale, disturb, only=NOT_NOW)


def _kill_before_publish(town: Town, flow: Flow, department: str) -> None:
    with town.doors_kafka.parted():
        before, until = len(flow.account.of(department)), time.monotonic() + 20
        while len(flow.account.of(department)) == before and time.monotonic() < until:
            time.sleep(0.01)
        town[department].kill()


def t3(scale: Scale) -> Verdict:
    """PostgreSQL killed under load: nothing half, no manual step, and no answer but 202 and "not now"."""
    return play(scale, lambda town, flow, notes: _kill("postgres", scale, town, flow, notes), only=NOT_NOW)


def t4(scale: Scale) -> Verdict:
    """The broker killed, and away for long: every push is answered 202, then what waits drains faster than it came."""

    def disturb(town: Town, flow: Flow, notes: Notes) -> None:
        _kill("kafka", scale, town, flow, notes)
        town["kafka"].kill(stay_down=True)
        before = dict(flow.account.statuses)
        time.sleep(scale.away)
        during = {
            status: times - before.get(status, 0)
            for status, times in flow.account.statuses.items()
            if times > before.get(status, 0)
        }
        town["kafka"].start()
        back = time.monotonic()
        notes.waits.append(flow.pulse.first_word(back))
        drained = _drained(town, back)
        speed = round((scale.away + drained) / max(drained, 0.1), 1)
        notes.figures |= {"away (s)": scale.away, "answered meanwhile": during.get(202, 0)}
        notes.figures |= {"drained after (s)": drained, "drained at × live": speed}
        if set(during) != {202}:
            notes.wrong.append(f"while the broker was away pushes were answered {during}")
        if speed < 3:
            notes.promises.append(f"drained {speed} times as fast as live, promised are 3")

    return play(scale, disturb)


def _drained(town: Town, since: float) -> float:
    """Seconds until hardly more waits in the outboxes than one push each, while words go on coming."""
    while sum(town.progress(department)["outbox"] for department in town.departments) > 250 * len(town.departments):
        time.sleep(0.3)
    return round(time.monotonic() - since, 1)


def t5(scale: Scale) -> Verdict:
    """The broker's log directory wiped, also with words unread in it: topics fill again, nobody does anything."""

    def disturb(town: Town, flow: Flow, notes: Notes) -> None:
        wiped(town, random.Random())
        notes.waits.append(flow.pulse.first_word(time.monotonic()))
        time.sleep(5)
        town["worker-1"].kill(stay_down=True)
        time.sleep(4)  # words on the topics that nobody has read
        wiped(town, random.Random())
        town["worker-1"].start()
        notes.waits.append(flow.pulse.first_word(time.monotonic()))

    return play(scale, disturb)
