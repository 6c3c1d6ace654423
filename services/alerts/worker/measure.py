"""What a committed unit of work adds to the metrics (`shouwang.kit.metrics`)."""

from collections import Counter

from services.alerts.store.rows import county_at
from services.alerts.worker.unit import Unit
from shouwang.kit.metrics import Metrics


def measure(metrics: Metrics, unit: Unit, seconds: float) -> None:
    """Count one committed unit."""
    metrics.add("shouwang_stage_units_total", stage="apply", result="done")
    metrics.observe("shouwang_stage_seconds", seconds, stage="apply")
    for county, done in unit.counties.items():
        metrics.add("shouwang_words_total", done.words, county=county, state="kept")
        metrics.add("shouwang_words_total", done.changed, county=county, state="changed")
        metrics.add("shouwang_households_judged_total", done.judged, county=county)
        if done.judged:
            metrics.add("shouwang_stage_units_total", stage="judge", result="done")
            metrics.observe("shouwang_stage_seconds", done.ms.get("judge", 0.0) / 1000, stage="judge")
    if unit.processed.seen:
        metrics.add("shouwang_words_total", unit.processed.seen, county="", state="repeated")
    kinds = Counter((county_at(place), kind) for place, _subject, _rule, kind, *_ in unit.effects.changes)
    for (county, kind), count in kinds.items():
        metrics.add("shouwang_alert_changes_total", count, county=county, kind=kind)
