"""What is committed is counted, what is not is not."""

import pytest
from prometheus_client import CollectorRegistry

from shouwang.kit.metrics import Metrics
from tests.histories import SETTLED, topics_of
from tests.stores import COUNTY, Crash, empty_sqlite, stages


def test_words_judgements_and_changes_are_counted_once_they_are_committed() -> None:
    registry = CollectorRegistry()
    topics = topics_of(SETTLED)
    with empty_sqlite() as store:
        worker = stages(store, metrics=Metrics(registry))
        batches = [topics.batch(f"shouwang.{name}.facts", 0, 100) for name in ("civil_affairs", "rural_affairs")]
        store.breaks = "before"
        with pytest.raises(Crash):
            worker.process(batches[0])
        for batch in [*batches, batches[0]]:
            worker.process(batch)
    county = {"county": COUNTY.code}
    assert registry.get_sample_value("shouwang_words_total", county | {"state": "kept"}) == 10
    assert registry.get_sample_value("shouwang_words_total", county | {"state": "changed"}) == 8
    assert registry.get_sample_value("shouwang_alert_changes_total", county | {"kind": "raised"}) == 2
    assert registry.get_sample_value("shouwang_stage_seconds_count", {"stage": "apply"}) == 2
