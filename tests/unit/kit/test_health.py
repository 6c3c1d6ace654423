"""Health, metrics and settings: what is wrong is named, what is not catalogued cannot be measured."""

from pathlib import Path
from typing import get_args

import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from shouwang.kit import health
from shouwang.kit.metrics import CATALOGUE, Metrics, Name
from shouwang.kit.settings import Settings, load
from tests.asgi import client


def _raises() -> str:
    raise ConnectionError("postgresql://user:password@host")


def test_what_is_not_ready_is_named_without_its_text() -> None:
    app = FastAPI()
    app.include_router(health.routes(ready={"log": lambda: "", "vault": lambda: "保管库不在", "database": _raises}))
    with client(app) as asked:
        assert asked.get("/livez").status_code == 200
        answer = asked.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {"log": "ok", "vault": "保管库不在", "database": "ConnectionError"}


def test_every_metric_has_one_meaning_and_every_meaning_a_metric() -> None:
    assert set(CATALOGUE) == set(get_args(Name))
    assert len({metric.meaning for metric in CATALOGUE.values()}) == len(CATALOGUE)


def test_metrics_are_shown_and_take_only_what_their_kind_takes() -> None:
    metrics = Metrics(CollectorRegistry())
    metrics.add("shouwang_words_total", 3, county="532927", state="changed")
    metrics.set("shouwang_backlog", 7, stage="publish")
    metrics.observe("shouwang_stage_seconds", 0.5, stage="apply")
    with pytest.raises(TypeError, match="not a gauge"):
        metrics.set("shouwang_words_total", 1, county="532927", state="changed")
    app = FastAPI()
    app.include_router(health.routes(ready={}, metrics=metrics))
    with client(app) as asked:
        text = asked.get("/metrics").text
    assert 'shouwang_words_total{county="532927",state="changed"} 3.0' in text
    assert 'shouwang_backlog{stage="publish"} 7.0' in text


class Pretend(Settings):
    """A process with one setting of its own that must be given."""

    broker: str


def test_a_missing_setting_ends_with_2_and_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        load(Pretend, [])
    assert ended.value.code == 2
    assert "SHOUWANG_BROKER" in capsys.readouterr().err


def test_a_wrong_setting_is_named_and_never_quoted(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        load(Pretend, [], broker="kafka:9092", port="hunter2")
    said = capsys.readouterr().err
    assert "SHOUWANG_PORT" in said
    assert "hunter2" not in said


def test_check_config_ends_with_0_when_all_is_there() -> None:
    with pytest.raises(SystemExit) as ended:
        load(Pretend, ["--check-config"], broker="kafka:9092")
    assert ended.value.code == 0


def test_settings_come_from_their_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOUWANG_BROKER", "kafka:9092")
    monkeypatch.setenv("SHOUWANG_KEYS", "/run/secrets/keys")
    assert (load(Pretend, []).broker, load(Pretend, []).keys) == ("kafka:9092", Path("/run/secrets/keys"))
