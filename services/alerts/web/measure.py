"""What the alerts database says of the whole system, as gauges; asked when Prometheus asks."""

from datetime import date

from services.alerts.triage import Triage
from shouwang.kit.metrics import Metrics


def measure(triage: Triage, metrics: Metrics) -> None:
    """Set the gauges of every county."""
    waiting = 0
    for county, said in triage.progress()["counties"].items():
        waiting += said["dirty"]
        metrics.set("shouwang_letters_waiting", said["letters"], county=county)
        metrics.set("shouwang_feeds_stopped", len(said["stopped"]), county=county)
        metrics.set("shouwang_numbers_missing", sum(map(len, said["missing"].values())), county=county)
        behind = triage.today(county) - date.fromisoformat(said["day"]) if said["day"] else None
        metrics.set("shouwang_county_day_behind_days", max(behind.days, 0) if behind else 0, county=county)
        for level, count in triage.standing(county).items():
            metrics.set("shouwang_alerts_standing", count, county=county, level=level)
        for feed in triage.coverage(county).feeds:
            where = {"county": county, "feed": f"{feed.department}.{feed.feed}"}
            overdue = feed.health.overdue if feed.health.missing else 0
            metrics.set("shouwang_feed_overdue_days", overdue, **where)
            metrics.set("shouwang_feed_silent", feed.health.silent, **where)
            metrics.set("shouwang_feed_unusual", feed.unusual or bool(feed.emptying), **where)
    metrics.set("shouwang_backlog", waiting, stage="judge")
