"""When each feed was last heard, and how it stands: what a department's own page of feeds says of them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from shouwang.kit.adapter.declaration import Feed
from shouwang.kit.adapter.tables import SendingRow, table_of
from shouwang.kit.feed_health import Health, health
from shouwang.kit.workdays import WorkDays

_SENDING = table_of(SendingRow)


def standings(
    connection: Connection, county: str, feeds: Mapping[str, Feed], today: date, workdays: WorkDays
) -> dict[str, Health]:
    """How each feed stands for a county's bureau; nothing was due before the first sending of any of them."""
    of_county = _SENDING.c.county == county
    since = connection.execute(select(func.min(_SENDING.c.today)).where(of_county)).scalar() or today
    applied = select(_SENDING.c.feed, _SENDING.c.today).where(of_county, _SENDING.c.state == "done").distinct()
    days: dict[str, set[date]] = {}
    for feed, day in connection.execute(applied):
        days.setdefault(feed, set()).add(day)
    return {name: health(feed.rhythm, days.get(name, set()), today, since, workdays) for name, feed in feeds.items()}


def document(feed: Feed, stands: Health) -> dict[str, Any]:
    """A feed's standing, as `GET /v1/feeds` says it."""
    return {
        "state": stands.state.value,
        "state_title": stands.title,
        "last": stands.last.isoformat() if stands.last else None,
        "due": stands.due.isoformat() if stands.due else None,
        "overdue_working_days": stands.overdue,
        "missing": stands.missing,
        "silent": stands.silent,
        "says": stands.says(feed.title),
    }
