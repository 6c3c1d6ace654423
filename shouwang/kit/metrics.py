"""Every metric there is: name, kind, labels, unit and meaning; what is not here cannot be measured.

Labels are few and bounded: stages, departments, feeds, counties, partitions, levels, codes. Never a person, a
household, a sending, an address or anything else that grows with use. `python -m shouwang.kit.metrics` prints
docs/reference/metrics-catalogue.md.
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

Name = Literal[
    "shouwang_stage_units_total",
    "shouwang_stage_seconds",
    "shouwang_backlog",
    "shouwang_oldest_seconds",
    "shouwang_rows_total",
    "shouwang_sendings_total",
    "shouwang_published_total",
    "shouwang_words_total",
    "shouwang_lag_records",
    "shouwang_partitions_owned",
    "shouwang_households_judged_total",
    "shouwang_alert_changes_total",
    "shouwang_alerts_standing",
    "shouwang_letters_waiting",
    "shouwang_feeds_stopped",
    "shouwang_numbers_missing",
    "shouwang_county_day_behind_days",
    "shouwang_feed_overdue_days",
    "shouwang_feed_silent",
    "shouwang_feed_unusual",
    "shouwang_loop_age_seconds",
    "shouwang_check_failing",
    "shouwang_vault_calls_total",
    "shouwang_vault_seconds",
    "shouwang_requests_total",
    "shouwang_request_seconds",
    "shouwang_process_memory_bytes",
    "shouwang_process_open_files",
]

Unit = Literal["units", "seconds", "days", "bytes", "yes_or_no"]

LABELS: Final = {
    "stage": "one of the stages of docs/design.md 5",
    "result": "done, failed or away",
    "department": "a department of contracts/catalogue.py, or alerts",
    "feed": "a feed of contracts/catalogue.py",
    "county": "a county of counties.toml",
    "counted": "how the receipt counts a row",
    "state": "how a sending ended, or what became of a word",
    "topic": "a topic of contracts/topics.py",
    "partition": "a number below contracts.topics.PARTITIONS",
    "kind": "a kind of change of an alert",
    "level": "a level of the rulebook",
    "loop": "a background loop of the process",
    "check": "a named check of /livez or /readyz",
    "call": "keep or find",
    "route": "the pattern of a route, not the address asked for",
    "status": "an HTTP status",
}
"""Every label, and the closed list its values come from."""


@dataclass(frozen=True, slots=True)
class Metric:
    """What a metric is and means."""

    kind: Literal["counter", "gauge", "histogram"]
    meaning: str
    labels: tuple[str, ...] = ()
    unit: Unit = "units"


CATALOGUE: Final[dict[Name, Metric]] = {
    "shouwang_stage_units_total": Metric("counter", "Units of work of a stage, by how they ended", ("stage", "result")),
    "shouwang_stage_seconds": Metric("histogram", "Seconds one unit of work of a stage took", ("stage",), "seconds"),
    "shouwang_backlog": Metric(
        "gauge",
        "What waits before a stage: sendings (translate), words (publish), records (apply), subjects (judge)",
        ("stage",),
    ),
    "shouwang_oldest_seconds": Metric(
        "gauge",
        "Seconds the oldest of what waits before a stage has waited; 0 when nothing waits",
        ("stage",),
        "seconds",
    ),
    "shouwang_rows_total": Metric(
        "counter", "Rows received, by how they were counted", ("department", "feed", "counted")
    ),
    "shouwang_sendings_total": Metric("counter", "Sendings, by how they ended", ("department", "feed", "state")),
    "shouwang_published_total": Metric("counter", "Words the log has acknowledged", ("department",)),
    "shouwang_words_total": Metric("counter", "Words applied, by what became of them", ("county", "state")),
    "shouwang_lag_records": Metric("gauge", "Records of a topic the worker has not committed", ("topic", "partition")),
    "shouwang_partitions_owned": Metric("gauge", "Partition numbers this worker writes"),
    "shouwang_households_judged_total": Metric("counter", "Households judged", ("county",)),
    "shouwang_alert_changes_total": Metric("counter", "Changes of alerts, by kind", ("county", "kind")),
    "shouwang_alerts_standing": Metric("gauge", "Alerts that stand now", ("county", "level")),
    "shouwang_letters_waiting": Metric("gauge", "Letters nobody has settled", ("county",)),
    "shouwang_feeds_stopped": Metric("gauge", "Feeds beyond their limit of letters, whose words wait", ("county",)),
    "shouwang_numbers_missing": Metric("gauge", "Gaps in the departments' numbers: words that never came", ("county",)),
    "shouwang_county_day_behind_days": Metric(
        "gauge", "Days the ledger's day of a county is behind the county's day", ("county",), "days"
    ),
    "shouwang_feed_overdue_days": Metric(
        "gauge", "Working days for which a feed's sending has been missing", ("county", "feed"), "days"
    ),
    "shouwang_feed_silent": Metric("gauge", "1 while a feed is silent (静默)", ("county", "feed"), "yes_or_no"),
    "shouwang_feed_unusual": Metric(
        "gauge",
        "1 while a feed's rows or empty cells differ much from its own history",
        ("county", "feed"),
        "yes_or_no",
    ),
    "shouwang_loop_age_seconds": Metric("gauge", "Seconds since a loop last came round", ("loop",), "seconds"),
    "shouwang_check_failing": Metric(
        "gauge", "1 while a named check says that something is wrong", ("check",), "yes_or_no"
    ),
    "shouwang_vault_calls_total": Metric("counter", "Calls of the vault, by how they ended", ("call", "result")),
    "shouwang_vault_seconds": Metric("histogram", "Seconds a call of the vault took", ("call",), "seconds"),
    "shouwang_requests_total": Metric("counter", "HTTP requests answered, by route and status", ("route", "status")),
    "shouwang_request_seconds": Metric("histogram", "Seconds from request to answer", ("route",), "seconds"),
    "shouwang_process_memory_bytes": Metric("gauge", "Resident memory of the process", unit="bytes"),
    "shouwang_process_open_files": Metric("gauge", "Files and sockets the process has open"),
}
"""Meaning, kind, labels and unit of every metric."""

_KINDS: Final = {"counter": Counter, "gauge": Gauge, "histogram": Histogram}
_PROC: Final = Path("/proc/self")


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

    def measure_process(self) -> None:
        """Memory and open files of this process, where the system says them."""
        if _PROC.is_dir():
            pages = int((_PROC / "statm").read_text().split()[1])
            self.set("shouwang_process_memory_bytes", pages * os.sysconf("SC_PAGE_SIZE"))
            self.set("shouwang_process_open_files", sum(1 for _ in (_PROC / "fd").iterdir()))

    def _metric(self, name: Name, labels: dict[str, str]) -> Counter | Gauge | Histogram:
        declared = CATALOGUE[name]
        if name not in self._made:
            kind = _KINDS[declared.kind]
            self._made[name] = kind(name, declared.meaning, declared.labels, registry=self.registry)
        made = self._made[name]
        return made.labels(**labels) if labels else made


def page() -> str:
    """The catalogue as a page of Markdown."""
    rows = [
        f"| `{name}` | {one.kind} | {one.unit.replace('_', ' ')} | {', '.join(one.labels) or '–'} | {one.meaning} |"
        for name, one in CATALOGUE.items()
    ]
    labels = [f"| `{label}` | {values} |" for label, values in LABELS.items()]
    return "\n".join(
        (
            "# Metrics",
            "",
            "Generated from `shouwang/kit/metrics.py` by `make docs`; a test holds it current.",
            "",
            "| name | kind | unit | labels | means |",
            "|---|---|---|---|---|",
            *rows,
            "",
            "Labels are bounded and never about a person, a household or a sending:",
            "",
            "| label | its values come from |",
            "|---|---|",
            *labels,
            "",
        )
    )


if __name__ == "__main__":
    sys.stdout.write(page())
