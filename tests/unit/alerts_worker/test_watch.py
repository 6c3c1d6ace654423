"""The watchdog: red when the loop stands still, an end when records wait and nothing is committed."""

import pytest
from prometheus_client import CollectorRegistry

from services.alerts.worker.watch import LOOP_SECONDS, STILL_SECONDS, STUCK_SECONDS, Stuck, Watch
from shouwang.kit.bus import PositionLost
from shouwang.kit.health import PATIENCE_SECONDS
from shouwang.kit.metrics import Metrics

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
    assert watch.loop() == "处理循环已有 31 秒没有转动"
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


def sentences(watch: Watch) -> dict[str, str]:
    return {name: said for name, check in watch.ready().items() if (said := check())}


def test_a_worker_is_ready_once_it_owns_something_and_database_and_log_answer(watch: Watch, seconds: Seconds) -> None:
    assert sentences(watch) == {"partitions": "没有分到任何分区：组里有别的处理进程，或者正在分配"}
    watch.owned = 2
    assert sentences(watch) == {}
    watch.log.says("消息日志连不上，正在重试")
    assert sentences(watch) == {"log": "消息日志连不上，正在重试"}
    watch.log.well()
    assert sentences(watch) == {}


def test_t8_what_no_longer_answers_at_all_shows_by_its_silence_and_heals(watch: Watch, seconds: Seconds) -> None:
    watch.owned = 1
    seconds.now += PATIENCE_SECONDS
    assert sentences(watch) == {}
    seconds.now += 1
    assert sentences(watch) == {"database": "数据库已有 12 秒没有应答", "log": "消息日志已有 12 秒没有应答"}
    watch.database.well()
    watch.log.well()
    assert sentences(watch) == {}


def test_a_lag_that_does_not_move_is_not_ready_and_one_that_moves_is(watch: Watch, seconds: Seconds) -> None:
    watch.compare({HERE: 9}, {HERE: 5})
    seconds.now += STILL_SECONDS + 1
    assert watch.lag() == "4 条消息等待处理，已有 11 秒没有进展"
    watch.compare({HERE: 12}, {HERE: 6})
    assert watch.lag() == ""


def test_the_oldest_that_waits_is_measured_even_while_the_end_moves_on(watch: Watch, seconds: Seconds) -> None:
    metrics = Metrics(CollectorRegistry())
    for end in (9, 20, 30):
        watch.compare({HERE: end}, {HERE: 5})
        seconds.now += 7
    watch.measure(metrics)
    assert metrics.registry.get_sample_value("shouwang_oldest_seconds", {"stage": "apply"}) == 21
    watch.compare({HERE: 30}, {HERE: 9})  # what was seen first is done; what came after it waits since now
    watch.measure(metrics)
    assert metrics.registry.get_sample_value("shouwang_oldest_seconds", {"stage": "apply"}) == 0
    assert metrics.registry.get_sample_value("shouwang_backlog", {"stage": "apply"}) == 21
