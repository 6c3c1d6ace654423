"""The watchdog: red when the loop stands still, an end when records wait and nothing is committed."""

import pytest

from services.alerts.worker.watch import LOOP_SECONDS, STUCK_SECONDS, Stuck, Watch
from shouwang.kit.bus import PositionLost

HERE = (1, "shouwang.health.facts")


class Seconds:
    """A clock in seconds that stands where it is put."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def watch(seconds: Seconds) -> Watch:
    return Watch(seconds)


def test_a_loop_that_comes_round_is_well_and_one_that_stands_still_says_for_how_long(
    watch: Watch, seconds: Seconds
) -> None:
    seconds.now += LOOP_SECONDS
    assert watch.loop() == ""
    seconds.now += 1
    assert watch.loop() == "the loop has not come round for 31 s"
    watch.beat()
    assert watch.loop() == ""


def test_records_that_wait_while_nothing_is_committed_end_the_worker(watch: Watch, seconds: Seconds) -> None:
    watch.compare({HERE: 9}, {HERE: 5})
    seconds.now += STUCK_SECONDS + 1
    with pytest.raises(Stuck, match=r"ends at 9, but for 121 s nothing has been read beyond 5"):
        watch.compare({HERE: 9}, {HERE: 5})


def test_a_worker_that_is_behind_but_commits_is_not_stuck(watch: Watch, seconds: Seconds) -> None:
    for at in range(1, 6):
        watch.compare({HERE: 1000}, {HERE: at})
        seconds.now += STUCK_SECONDS


def test_a_worker_with_nothing_to_read_is_not_stuck(watch: Watch, seconds: Seconds) -> None:
    for _ in range(3):
        watch.compare({HERE: 5}, {HERE: 5})
        seconds.now += STUCK_SECONDS + 1
    watch.compare({HERE: 6}, {HERE: 5})


def test_a_log_that_ends_before_what_was_read_ends_the_worker(watch: Watch) -> None:
    with pytest.raises(PositionLost, match="ends at 3, but reading stands at 5"):
        watch.compare({HERE: 3}, {HERE: 5})
