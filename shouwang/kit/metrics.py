"""Every metric there is: name, kind, labels and meaning; what is not here cannot be measured."""

from dataclasses import dataclass
from typing import Final, Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

Name = Literal[
    "shouwang_rows_total",
    "shouwang_sendings_total",
    "shouwang_translate_seconds",
    "shouwang_outbox_words",
    "shouwang_inbox_waiting",
    "shouwang_published_total",
    "shouwang_words_total",
    "shouwang_batch_seconds",
    "shouwang_households_judged_total",
    "shouwang_alert_changes_total",
    "shouwang_alerts_standing",
    "shouwang_letters_waiting",
    "shouwang_loop_age_seconds",
    "shouwang_vault_calls_total",
    "shouwang_requests_total",
]


@dataclass(frozen=True, slots=True)
class Metric:
    """What a metric is and means."""

    kind: Literal["counter", "gauge", "histogram"]
    meaning: str
    labels: tuple[str, ...] = ()


CATALOGUE: Final[dict[Name, Metric]] = {
    "shouwang_rows_total": Metric(
        "counter", "Rows received, by how they were counted", ("department", "feed", "counted")
    ),
    "shouwang_sendings_total": Metric("counter", "Sendings, by how they ended", ("department", "feed", "state")),
    "shouwang_translate_seconds": Metric("histogram", "Seconds to translate one sending", ("department", "feed")),
    "shouwang_outbox_words": Metric("gauge", "Committed words the log has not acknowledged", ("department",)),
    "shouwang_inbox_waiting": Metric("gauge", "Sendings not yet translated", ("department",)),
    "shouwang_published_total": Metric("counter", "Words the log has acknowledged", ("department",)),
    "shouwang_words_total": Metric("counter", "Words applied, by what became of them", ("county", "state")),
    "shouwang_batch_seconds": Metric("histogram", "Seconds from fetched to committed, per batch", ("partition",)),
    "shouwang_households_judged_total": Metric("counter", "Households judged", ("county",)),
    "shouwang_alert_changes_total": Metric("counter", "Changes of alerts, by kind", ("county", "kind")),
    "shouwang_alerts_standing": Metric("gauge", "Alerts that stand now", ("county", "level")),
    "shouwang_letters_waiting": Metric("gauge", "Letters nobody has settled", ("stage",)),
    "shouwang_loop_age_seconds": Metric("gauge", "Seconds since a loop last went round", ("loop",)),
    "shouwang_vault_calls_total": Metric("counter", "Calls of the vault, by call", ("call",)),
    "shouwang_requests_total": Metric("counter", "HTTP requests answered, by route and status", ("route", "status")),
}
"""Meaning, kind and labels of every metric."""

_KINDS: Final = {"counter": Counter, "gauge": Gauge, "histogram": Histogram}


class Metrics:
    """The catalogue's metrics of one process, in a registry of its own."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self._made: dict[str, Counter | Gauge | Histogram] = {}

    def add(self, name: Name, amount: float = 1, **labels: str) -> None:
        """Count up."""
        metric = self._metric(name, labels)
        if not isinstance(metric, Counter):
            raise TypeError(f"{name} is not a counter")
        metric.inc(amount)

    def set(self, name: Name, value: float, **labels: str) -> None:
        """Say how it stands."""
        metric = self._metric(name, labels)
        if not isinstance(metric, Gauge):
            raise TypeError(f"{name} is not a gauge")
        metric.set(value)

    def observe(self, name: Name, seconds: float, **labels: str) -> None:
        """Add one observation."""
        metric = self._metric(name, labels)
        if not isinstance(metric, Histogram):
            raise TypeError(f"{name} is not a histogram")
        metric.observe(seconds)

    def _metric(self, name: Name, labels: dict[str, str]) -> Counter | Gauge | Histogram:
        declared = CATALOGUE[name]
        if name not in self._made:
            kind = _KINDS[declared.kind]
            self._made[name] = kind(name, declared.meaning, declared.labels, registry=self.registry)
        made = self._made[name]
        return made.labels(**labels) if labels else made
