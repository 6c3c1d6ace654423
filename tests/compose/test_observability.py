"""Dashboards and alert rules as files: every metric and label they name exists, and nothing red comes too late."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from shouwang.kit.metrics import CATALOGUE

FOLDER = Path(__file__).parents[2] / "deploy/observability"
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((FOLDER / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
PANELS: list[dict[str, Any]] = [
    panel
    for file in sorted((FOLDER / "grafana/dashboards").glob("*.json"))
    for panel in json.loads(file.read_text(encoding="utf-8"))["panels"]
]
COMPOSE = yaml.safe_load((FOLDER / "compose.yml").read_text(encoding="utf-8"))
EXPRESSIONS = [rule["expr"] for rule in RULES] + [one["expr"] for panel in PANELS for one in panel.get("targets", ())]
WORDS = {
    "sum", "max", "min", "by", "and", "or", "unless", "rate", "increase", "absent", "histogram_quantile", "le",
    "instance", "job", "family", "up",
}  # fmt: skip
"""Of PromQL, and what Prometheus itself adds."""
SUFFIXES = {"counter": ("",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
SERIES = {name + suffix: metric for name, metric in CATALOGUE.items() for suffix in SUFFIXES[metric.kind]}
_STRING, _TOKEN = re.compile(r'"[^"]*"'), re.compile(r"[A-Za-z_]\w*|\[\w+\]|[\d.]+(?:e\d+)?|\S")


def names_in(expression: str) -> Iterator[str]:
    """Every identifier of an expression; a duration in brackets is none."""
    plain = _STRING.sub("0", expression)
    assert all(plain.count(left) == plain.count(right) for left, right in ("()", "{}", "[]")), expression
    yield from (token for token in _TOKEN.findall(plain) if token[0].isalpha() or token[0] == "_")


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_names_only_metrics_of_the_catalogue_and_their_labels(expression: str) -> None:
    names = set(names_in(expression))
    series = {name for name in names if name.startswith("shouwang_")}
    assert series <= set(SERIES)
    labels = {label for name in series for label in SERIES[name].labels}
    assert names - series - WORDS <= labels
    assert series or "up" in names


def test_a_name_that_is_not_in_the_catalogue_would_be_found() -> None:
    assert "shouwang_nothing" in set(names_in('rate(shouwang_nothing{stage="x"}[5m]) > 1.2e9'))


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_what_counts_up_is_read_as_a_rate_and_what_stands_is_not(expression: str) -> None:
    for name, metric in SERIES.items():
        if re.search(rf"\b{name}\b", expression):
            rated = re.search(rf"(rate|increase)\({name}\b", expression) is not None
            assert rated == (metric.kind != "gauge"), name


def test_every_metric_is_on_a_dashboard() -> None:
    shown = {name for panel in PANELS for one in panel.get("targets", ()) for name in names_in(one["expr"])}
    assert {name for name in CATALOGUE if not any(name + end in shown for end in ("", "_bucket"))} == set()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_r10_what_stalls_is_red_within_five_minutes_and_says_what_it_holds_up(rule: dict[str, Any]) -> None:
    assert re.search(r"[\u4e00-\u9fff]", rule["alert"])
    assert set(rule["annotations"]) == {"summary", "holds_up", "do"}
    if rule["labels"]["severity"] == "red" and rule["alert"] != "研判日落后":  # a day waits for the unread until 02:00
        waits = re.findall(r"seconds\S* > (\d+)", rule["expr"])
        assert sum(map(int, waits)) + _seconds(rule.get("for", "0m")) + 30 <= 300


def _seconds(duration: str) -> int:
    return int(duration[:-1]) * {"s": 1, "m": 60, "h": 3600}[duration[-1]]


def test_panels_have_chinese_titles_and_places_of_their_own() -> None:
    assert all(re.search(r"[\u4e00-\u9fff]", panel["title"]) for panel in PANELS)
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    assert len({(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in PANELS}) == len(PANELS)


def test_what_watches_is_confined_calls_nobody_and_is_on_this_machine_only() -> None:
    for name, service in COMPOSE["services"].items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["profiles"] == ["observability"], name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ())), name
        assert not service["image"].endswith(":latest"), name
    grafana = COMPOSE["services"]["grafana"]["environment"]
    assert grafana["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"] == "true"
    assert {grafana[key] for key in grafana if "CHECK_FOR" in key or "REPORTING" in key} == {"false"}


def test_every_process_of_the_system_is_asked() -> None:
    scraped = yaml.safe_load((FOLDER / "prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"]
    targets = {target.split(":")[0] for job in scraped for one in job["static_configs"] for target in one["targets"]}
    services = yaml.safe_load((FOLDER.parents[1] / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    ours = {name for name, one in services.items() if one.get("command", [""])[:2] == ["python", "-m"]}
    assert targets == ours - {"secrets", "migrate", "topics"}
