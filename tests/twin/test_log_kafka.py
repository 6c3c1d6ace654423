"""What only a real broker can show: it dies, comes back, and nothing is lost or out of order."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.topics import Topic
from shouwang.kit.bus import LogAway, Outgoing
from shouwang.kit.bus.kafka import KafkaLog
from tests.broker.broker import Broker, NoBroker
from tests.broker.find import find_broker

TOPIC = Topic("kafka.facts", "", "", (), 2)
pytestmark = pytest.mark.broker


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker for this test alone, because it will be killed."""
    try:
        found = find_broker(tmp_path)
    except NoBroker as reason:
        pytest.skip(f"no Kafka broker: {reason}")
    if found.kind.startswith("given"):
        pytest.skip("the given Kafka broker is not ours to kill")
    yield found
    found.close()


def test_a_broker_that_dies_is_away_in_bounded_time_and_used_again_when_it_is_back(own_broker: Broker) -> None:
    log = KafkaLog(own_broker.bootstrap, wait_seconds=2)
    log.ensure([TOPIC])
    log.send([Outgoing(TOPIC.name, 0, b"", b"before")])
    own_broker.kill()
    with pytest.raises(LogAway):
        log.send([Outgoing(TOPIC.name, 0, b"", b"while away")])
    with pytest.raises(LogAway):
        log.ends([TOPIC.name], 0)
    own_broker.start()
    log.send([Outgoing(TOPIC.name, 0, b"", b"after")])
    values = [r.value for r in log.read(TOPIC.name, 0, 0).records]
    assert values[0] == b"before"
    assert values[-1] == b"after"
    assert len(values) <= 3
    log.close()


def test_words_sent_over_a_kill_of_the_broker_come_whole_and_their_first_coming_in_order(own_broker: Broker) -> None:
    """The relay's way: send again from the first that was not acknowledged, until it is; readers drop repeats."""
    log = KafkaLog(own_broker.bootstrap, wait_seconds=2)
    log.ensure([TOPIC])
    kill = threading.Timer(0.4, own_broker.kill)
    back = threading.Timer(3.0, own_broker.start)
    kill.start()
    back.start()
    done, aways = 0, 0
    while done < 30_000:
        try:
            log.send([Outgoing(TOPIC.name, 1, b"", f"{n}".encode()) for n in range(done, done + 500)])
            done += 500
        except LogAway:
            aways += 1
    back.join()
    seen, offset = 0, 0
    while (batch := log.read(TOPIC.name, 1, offset)).records:
        for record in batch.records:
            number = int(record.value)
            assert number <= seen, f"{number} came before {seen}"
            seen = max(seen, number + 1)
        offset = batch.next
    assert seen == done
    assert aways
    log.close()
