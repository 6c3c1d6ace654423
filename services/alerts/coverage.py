"""Coverage: how every feed stands by the closing words of its sendings, and which judgements read a silent one.

Everything comes from the county's own order in `words`: a sending came on the county's day at that entry. No adapter is
asked, so what is shown here is what was judged by.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection

from contracts.catalogue import FACTS, LIAISONS, SHORT_TITLES, TITLES
from contracts.facts import FactMeta
from contracts.sending import SendingClosed
from contracts.vocabulary import Shape
from services.alerts.store.reading import read_of_county
from services.alerts.store.rows import place_in
from services.alerts.views import FeedView
from shouwang.kit import feed_shape
from shouwang.kit.feed_health import Health, health
from shouwang.kit.workdays import WorkDays

DAY: Final = "alerts.day.v1"
CLOSED: Final = ".sending.v1"


@dataclass(frozen=True, slots=True)
class Sent:
    """One sending that was applied: on which day of the county, and what closed it."""

    day: date
    closed: SendingClosed


@dataclass(slots=True)
class CountyBook:
    """What a county's order says of feeds, read on from where it was last read to."""

    county: str
    since: date | None = None
    """The county's first day."""
    sent: dict[str, list[Sent]] = field(default_factory=dict)
    """By type of fact."""
    _day: date | None = None
    _read_to: int = 0

    def read(self, connection: Connection) -> None:
        """Take in what has come since the last call."""
        for place, type_, as_of, data in read_of_county(
            connection, self.county, self._read_to or place_in(self.county, 0)
        ):
            self._read_to = place
            day = date.fromisoformat(as_of)
            if type_ == DAY:
                self.since, self._day = self.since or day, day
            elif type_.endswith(CLOSED) and data is not None:
                closed = SendingClosed.model_validate_json(data)
                fact = f"{type_.removesuffix(CLOSED)}.{closed.feed}.v1"
                if closed.withdraws is None:  # taking a sending back is none
                    self.sent.setdefault(fact, []).append(Sent(self._day or day, closed))

    def view(self, meta: FactMeta, today: date, workdays: WorkDays, readers: int) -> FeedView:
        """One feed as it stands; `readers` is how many standing alerts read it."""
        sent = [one for one in self.sent.get(meta.type, ()) if one.day <= today]
        stands = health(meta.rhythm, {one.day for one in sent}, today, self.since or today, workdays)
        counts, band = _counts(meta, sent, today)
        last = sent[-1].closed if sent else None
        return FeedView(
            type=meta.type, department=meta.department, feed=meta.feed, title=meta.title,
            bureau=TITLES[meta.department], liaison=LIAISONS[meta.department], rhythm=_rhythm(meta),
            health=stands, says=stands.says(SHORT_TITLES[meta.department] + meta.title),
            rows=last.received if last else None,
            change=feed_shape.change(counts) if band is feed_shape.LIST_BAND else None,
            rejected=last.rejected / last.received if last and last.received else None,
            unusual=feed_shape.unusual(counts, band),
            emptying=feed_shape.emptying([_shares(one.closed) for one in sent if one.closed.empty]),
            months=_months(meta, sent, today, self.since or today, workdays), alerts=readers,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Coverage:
    """Every feed of a county, and what a rule was judged without."""

    feeds: tuple[FeedView, ...]
    reads: Mapping[str, frozenset[str]]
    """Which types a rule reads."""

    @property
    def silent(self) -> tuple[FeedView, ...]:
        """The silent feeds."""
        return tuple(feed for feed in self.feeds if feed.health.silent)

    def missing(self, rule: str) -> tuple[FeedView, ...]:
        """The silent feeds a rule reads."""
        read = self.reads.get(rule, frozenset())
        return tuple(feed for feed in self.silent if feed.type in read)

    def without(self, rules: Iterable[str]) -> tuple[str, ...]:
        """What a person must know beside judgements by these rules, each sentence once."""
        return tuple(dict.fromkeys(feed.says for rule in rules for feed in self.missing(rule)))

    def elsewhere(self, rules: Iterable[str]) -> tuple[str, ...]:
        """Of the other silent feeds that some rule reads: what no alert was raised from, because it did not come."""
        read = frozenset[str]().union(*self.reads.values())
        said = self.without(rules)
        return tuple(feed.says for feed in self.silent if feed.type in read and feed.says not in said)


def cover(book: CountyBook, today: date, workdays: WorkDays, reads: Mapping[str, frozenset[str]],
          standing: Mapping[str, int]) -> Coverage:  # fmt: skip
    """Every feed of the catalogue; `standing` counts standing alerts by rule."""
    readers: Counter[str] = Counter()
    for rule, count in standing.items():
        readers.update(dict.fromkeys(reads.get(rule, ()), count))
    views = (book.view(fact.meta, today, workdays, readers[type_]) for type_, fact in FACTS.items())
    return Coverage(tuple(views), reads)


def document(feed: FeedView) -> dict[str, Any]:
    """One feed as `/api/v1/feeds` says it."""
    stands: Health = feed.health
    return {
        "type": feed.type,
        "department": feed.department,
        "feed": feed.feed,
        "title": feed.title,
        "liaison": feed.liaison,
        "rhythm": feed.rhythm,
        "state": stands.state.value,
        "title_of_state": stands.title,
        "last": stands.last.isoformat() if stands.last else None,
        "due": stands.due.isoformat() if stands.due else None,
        "overdue_working_days": stands.overdue,
        "missing": stands.missing,
        "silent": stands.silent,
        "says": feed.says,
        "rows": feed.rows,
        "change": round(feed.change, 4) if feed.change is not None else None,
        "rejected_share": round(feed.rejected, 4) if feed.rejected is not None else None,
        "unusual": feed.unusual,
        "emptying": list(feed.emptying),
        "alerts": feed.alerts,
        "alerts_without_it": feed.alerts if stands.silent else 0,
    }


def _counts(meta: FactMeta, sent: list[Sent], today: date) -> tuple[list[int], tuple[float, float]]:
    """What is compared: the sizes of whole lists, or the rows of each month that is over."""
    if meta.shape is Shape.LIST:
        whole = [one.closed.received for one in sent if one.closed.lists and not any(x.area for x in one.closed.lists)]
        return whole, feed_shape.LIST_BAND
    months: Counter[int] = Counter()
    for one in sent:
        months[_month(one.day)] += one.closed.received
    over = range(min(months), _month(today)) if months else ()
    return [months[month] for month in over], feed_shape.INCREMENT_BAND


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


def _shares(closed: SendingClosed) -> dict[str, float]:
    return {column: percent / 100 for column, percent in closed.empty.items()}


def _rhythm(meta: FactMeta) -> str:
    """每月5日前, 每年4月底前, 随时报送."""
    rhythm = meta.rhythm
    by = "底" if rhythm.by >= 31 else f"{rhythm.by}日"
    when = {
        "event": "随时报送",
        "month": f"每月{by}前",
        "term": f"{'、'.join(str(month) for month in rhythm.months)}月{by}前",
        "year": f"每年{rhythm.months[0] if rhythm.months else ''}月{by}前",
    }[rhythm.every]
    return f"{when}，发现即报" if rhythm.at_once and rhythm.months else when


def _months(meta: FactMeta, sent: list[Sent], today: date, since: date, workdays: WorkDays) -> tuple[str, ...]:
    """Of each month of the year so far how the feed stood at its end: `ok`, `late`, `silent`, `none` (nothing due)."""
    said = []
    for month in range(1, today.month + 1):
        end = today if month == today.month else date(today.year, month + 1, 1)
        came = {one.day for one in sent if one.day < end or end == today}
        due = not meta.rhythm.months or month in meta.rhythm.months
        if end < since or (not due and not any((day.year, day.month) == (today.year, month) for day in came)):
            said.append("none")
            continue
        said.append(health(meta.rhythm, came, end, since, workdays).state.value)
    return tuple("none" if one == "never" else one for one in said)
