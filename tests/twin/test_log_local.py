"""What only the local log can show quickly: retention, many processes, a writer that holds the file."""

import multiprocessing
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.topics import TOPICS, Topic
from shouwang.kit.bus import LogAway, Outgoing
from shouwang.kit.bus.local import LocalLog
from shouwang.kit.bus.topics import main

TOPIC = Topic("local.facts", "", "", (), 2, retention_days=30)
DAY = 86_400.0


class Hands:
    """A clock that stands where it is put, in seconds."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def log(tmp_path: Path, hands: Hands) -> Iterator[LocalLog]:
    log = LocalLog(tmp_path / "log.db", seconds=hands)
    log.ensure([TOPIC])
    yield log
    log.close()


def test_records_older_than_the_retention_are_forgotten_and_the_hole_is_visible(log: LocalLog, hands: Hands) -> None:
    log.send([Outgoing(TOPIC.name, 0, b"", b"old")] * 3)
    hands.now = 31 * DAY
    log.send([Outgoing(TOPIC.name, 0, b"", b"young")])
    log.ensure([TOPIC])
    batch = log.read(TOPIC.name, 0, 1)
    assert (batch.first, batch.next, [r.value for r in batch.records]) == (3, 4, [b"young"])


def test_offsets_go_on_after_everything_was_forgotten(log: LocalLog, hands: Hands) -> None:
    log.send([Outgoing(TOPIC.name, 0, b"", b"old")] * 3)
    hands.now = 31 * DAY
    log.ensure([TOPIC])
    log.send([Outgoing(TOPIC.name, 0, b"", b"young")])
    assert log.ends([TOPIC.name], 0) == {TOPIC.name: 4}


def test_a_send_that_fails_leaves_nothing(log: LocalLog) -> None:
    good, bad = Outgoing(TOPIC.name, 0, b"", b"good"), Outgoing(TOPIC.name, 0, b"", None)  # type: ignore[arg-type]
    with pytest.raises(sqlite3.IntegrityError):
        log.send([good, bad])
    assert log.ends([TOPIC.name], 0) == {TOPIC.name: 0}
    log.send([good])
    assert log.ends([TOPIC.name], 0) == {TOPIC.name: 1}


def _write(path: Path, mark: str) -> None:
    log = LocalLog(path)
    log.ensure([TOPIC])
    for n in range(20):
        log.send([Outgoing(TOPIC.name, 1, b"", f"{mark}{n}".encode())])
    log.close()


def test_processes_that_start_and_write_at_once_keep_their_own_order(tmp_path: Path) -> None:
    path = tmp_path / "shared.db"
    processes = [multiprocessing.get_context("spawn").Process(target=_write, args=(path, mark)) for mark in "abc"]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
    log = LocalLog(path)
    values = [r.value.decode() for r in log.read(TOPIC.name, 1, 0).records]
    for mark in "abc":
        assert [v for v in values if v[0] == mark] == [f"{mark}{n}" for n in range(20)]
    assert len(values) == 60
    log.close()


def test_a_file_that_is_no_log_is_away(tmp_path: Path) -> None:
    folder = tmp_path / "log.db"
    folder.mkdir()
    with pytest.raises(LogAway):
        LocalLog(folder)


def test_the_topics_job_creates_what_is_declared_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "log.db"
    assert main(["--log", str(path)]) == 0
    assert capsys.readouterr().out == "topics: 6 topics with 24 partitions each are there as declared\n"
    log = LocalLog(path)
    log.check(TOPICS)
    log.close()


def test_the_topics_job_refuses_a_topic_of_another_size(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "log.db"
    log = LocalLog(path)
    log.ensure([Topic(TOPICS[0].name, "", "", (), 7)])
    log.close()
    assert main(["--log", str(path)]) == 2
    assert "has 7 partitions, declared are 24" in capsys.readouterr().err
