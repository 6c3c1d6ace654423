"""One suite, two logs: what `Log` promises holds for the SQLite file and for a real Kafka broker alike."""

import itertools
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contracts.topics import Topic
from shouwang.kit.bus import Log, LogAway, Outgoing, PositionLost, Record, TopicMismatch
from shouwang.kit.bus.kafka import KafkaLog
from shouwang.kit.bus.local import LocalLog

Open = Callable[[], Log]
_names = itertools.count()


@pytest.fixture(params=["local", pytest.param("kafka", marks=pytest.mark.broker)])
def open_log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens the same log, each time as another process would."""
    opened: list[Log] = []

    def open_again() -> Log:
        if request.param == "local":
            opened.append(LocalLog(tmp_path / "log.db"))
        else:
            opened.append(KafkaLog(request.getfixturevalue("broker").bootstrap, wait_seconds=10))
        return opened[-1]

    yield open_again
    for log in opened:
        log.close()


@pytest.fixture
def log(open_log: Open) -> Log:
    return open_log()


@pytest.fixture
def topic() -> Topic:
    return declared()


def declared(partitions: int = 3, retention_days: int = 30) -> Topic:
    """A topic nobody has used."""
    return Topic(f"twin.{next(_names)}", "", "", (), partitions, retention_days)


def outgoing(topic: Topic, values: range, partition: int = 1) -> list[Outgoing]:
    return [Outgoing(topic.name, partition, b"532927", f"{n}".encode()) for n in values]


def test_what_is_forgotten_is_gone_and_offsets_go_on(log: Log, topic: Topic) -> None:
    log.ensure([topic])
    log.send(outgoing(topic, range(5)))
    log.forget(topic.name, 1, 3)
    assert [record.value for record in log.read(topic.name, 1, 3).records] == [b"3", b"4"]
    assert log.read(topic.name, 1, 0).first == 3
    log.forget(topic.name, 1, 99)
    log.send(outgoing(topic, range(5, 6)))
    batch = log.read(topic.name, 1, 5)
    assert (batch.first, batch.next, [record.value for record in batch.records]) == (5, 6, [b"5"])
    assert log.ends([topic.name], 1) == {topic.name: 6}


def test_what_was_sent_is_read_in_order_from_any_offset(log: Log, topic: Topic) -> None:
    log.ensure([topic])
    log.send(outgoing(topic, range(5)))
    log.send(outgoing(topic, range(5, 7)))
    batch = log.read(topic.name, 1, 3, limit=3)
    assert (batch.topic, batch.partition, batch.first, batch.next) == (topic.name, 1, 3, 6)
    assert list(batch.records) == [Record(topic.name, 1, n, b"532927", f"{n}".encode()) for n in (3, 4, 5)]


def test_reading_at_the_end_gives_an_empty_batch_and_stands_still(log: Log, topic: Topic) -> None:
    log.ensure([topic])
    log.send(outgoing(topic, range(2)))
    batch = log.read(topic.name, 1, 2)
    assert (batch.first, batch.next, list(batch.records)) == (2, 2, [])
    assert log.read(topic.name, 0, 0).next == 0


def test_reading_behind_the_end_is_refused_with_the_remedy(log: Log, topic: Topic) -> None:
    log.ensure([topic])
    log.send(outgoing(topic, range(2)))
    with pytest.raises(PositionLost, match=rf"{topic.name} partition 1 ends at 2, but reading stands at 9.*send again"):
        log.read(topic.name, 1, 9)


def test_partitions_and_topics_count_for_themselves(log: Log, topic: Topic) -> None:
    other = declared()
    log.ensure([topic, other])
    log.send([*outgoing(topic, range(3), 0), *outgoing(other, range(1), 0), *outgoing(topic, range(2), 2)])
    assert log.ends([topic.name, other.name], 0) == {topic.name: 3, other.name: 1}
    assert log.ends([topic.name, other.name], 2) == {topic.name: 2, other.name: 0}


def test_partitions_mixed_in_one_call_keep_their_order(log: Log, topic: Topic) -> None:
    log.ensure([topic])
    mixed = [r for pair in zip(outgoing(topic, range(50), 0), outgoing(topic, range(50), 2), strict=True) for r in pair]
    log.send(mixed)
    for partition in (0, 2):
        assert [int(r.value) for r in log.read(topic.name, partition, 0).records] == list(range(50))


def test_another_process_reads_what_one_has_sent(open_log: Open, topic: Topic) -> None:
    writer, reader = open_log(), open_log()
    writer.ensure([topic])
    writer.send(outgoing(topic, range(3)))
    assert [r.value for r in reader.read(topic.name, 1, 0).records] == [b"0", b"1", b"2"]
    assert writer.topic_ids([topic.name]) == reader.topic_ids([topic.name])


def test_writers_at_once_lose_nothing_and_keep_their_own_order(open_log: Open, topic: Topic) -> None:
    open_log().ensure([topic])

    def write(start: int) -> None:
        log = open_log()
        for n in range(start, start + 20, 5):
            log.send(outgoing(topic, range(n, n + 5)))

    threads = [threading.Thread(target=write, args=(start,)) for start in (0, 100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    values = [int(r.value) for r in open_log().read(topic.name, 1, 0).records]
    assert [v for v in values if v < 100] == list(range(20))
    assert [v for v in values if v >= 100] == list(range(100, 120))


def test_creating_topics_twice_changes_nothing(log: Log, topic: Topic) -> None:
    log.ensure([topic])
    log.send(outgoing(topic, range(2)))
    identity = log.topic_ids([topic.name])
    log.ensure([topic])
    assert log.topic_ids([topic.name]) == identity
    assert log.ends([topic.name], 1) == {topic.name: 2}


def test_topics_have_identities_of_their_own(log: Log) -> None:
    topics = [declared(), declared()]
    log.ensure(topics)
    assert len(set(log.topic_ids([t.name for t in topics]).values())) == 2


def test_a_missing_topic_is_named_with_the_remedy(log: Log, topic: Topic) -> None:
    with pytest.raises(TopicMismatch, match=rf"topic {topic.name} is missing: run `python -m shouwang.kit.bus.topics`"):
        log.check([topic])
    with pytest.raises(TopicMismatch, match="missing"):
        log.topic_ids([topic.name])
    with pytest.raises(TopicMismatch, match="missing"):
        log.ends([topic.name], 0)


def test_another_number_of_partitions_is_refused(log: Log, topic: Topic) -> None:
    log.ensure([topic])
    wider = Topic(topic.name, "", "", (), 7)
    with pytest.raises(TopicMismatch, match=rf"{topic.name} has 3 partitions, declared are 7: delete the topic"):
        log.ensure([wider])


def test_another_retention_is_refused(log: Log, topic: Topic) -> None:
    log.ensure([topic])
    with pytest.raises(TopicMismatch, match=r"declared are 9 days: set retention.ms=777600000"):
        log.check([Topic(topic.name, "", "", (), 3, 9)])


def test_sending_nothing_is_fine(log: Log) -> None:
    log.send([])


def test_a_batch_of_thousands_arrives_whole(log: Log, topic: Topic) -> None:
    log.ensure([topic])
    log.send(outgoing(topic, range(12_000)))
    offset, values = 0, []
    while (batch := log.read(topic.name, 1, offset)).records:
        assert len(batch.records) <= 4000
        values += [int(r.value) for r in batch.records]
        offset = batch.next
    assert values == list(range(12_000))


def test_headers_do_not_disturb_key_and_value(log: Log, topic: Topic) -> None:
    log.ensure([topic])
    log.send([Outgoing(topic.name, 0, b"k", b"v", (("ce_id", b"1"),))])
    assert list(log.read(topic.name, 0, 0).records) == [Record(topic.name, 0, 0, b"k", b"v")]


def test_a_log_that_is_away_says_so_in_bounded_time(tmp_path: Path) -> None:
    gone = KafkaLog("127.0.0.1:9", wait_seconds=0.5)
    with pytest.raises(LogAway):
        gone.send([Outgoing("x", 0, b"k", b"v")])
    with pytest.raises(LogAway):
        gone.ends(["x"], 0)
    gone.close()
