"""What staff and commands can see and do: the queue, one household whole, words, letters, progress, the day."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from threading import Lock
from typing import Any, Final

from sqlalchemy import Connection, Engine

from contracts.catalogue import FACTS
from contracts.topics import partition_of
from services.alerts.accounts import Accounts
from services.alerts.coverage import CountyBook, Coverage, cover
from services.alerts.coverage import document as document  # noqa: PLC0414
from services.alerts.domain.household import Household, Member, living, membership, months_old
from services.alerts.domain.word import Facts, Word
from services.alerts.opening import open_county
from services.alerts.store import Store, queues
from services.alerts.store.ledger import Opening, read_ledger
from services.alerts.store.queues import LEVELS as LEVELS  # noqa: PLC0414 (web sees the store through this room only)
from services.alerts.store.queues import Place as Place  # noqa: PLC0414
from services.alerts.store.queues import Wanted as Wanted  # noqa: PLC0414
from services.alerts.store.reading import Standing, read_alerts, read_facts, read_members
from services.alerts.store.rows import county_at
from services.alerts.views import AlertView, HouseholdView, Line, MemberView, Queue, Said, Signal
from services.alerts.views import FeedView as FeedView  # noqa: PLC0414
from services.alerts.views import Titles as Titles  # noqa: PLC0414
from shouwang.kit.audit import Audit
from shouwang.kit.clock import Clock, TrialClock
from shouwang.kit.counties import County
from shouwang.kit.database import reading
from shouwang.kit.vault import FindsNames, VaultAway

KEPT_COUNTS: Final = 1_000
"""Filters whose counts are remembered: more than a county's staff has open."""
Counts = tuple[dict[str, int], dict[str, int], dict[str, int]]


class Unknown(LookupError):
    """There is no such thing, or not for whoever asks."""


class NotATrial(RuntimeError):
    """The day is the real one here; only a trial installation is turned by hand."""


class Triage:
    """Everything web may do, over one alerts database."""

    def __init__(
        self,
        engine: Engine,
        titles: Titles,
        counties: Mapping[str, County],
        clock: Clock,
        audit: Audit,
        vault: FindsNames | None = None,
    ) -> None:
        self._engine, self._reading = engine, reading(engine)
        self.titles, self.counties = titles, counties
        self._clock, self._audit, self._vault = clock, audit, vault
        self._books: dict[str, CountyBook] = {}
        self._books_lock = Lock()
        self._covered: dict[str, tuple[object, Coverage]] = {}
        self.accounts = Accounts(engine, counties, clock, audit)
        self._counted: dict[Wanted, Counts] = {}
        self._counted_at: tuple[tuple[int, int], ...] | None = None

    def today(self, county: str) -> date:
        """The day the county is at."""
        return self._clock.today(county)

    def queue(self, wanted: Wanted, after: Place | None, limit: int, *, actor: str) -> Queue:
        """One page of subjects with standing alerts, heaviest and longest standing first.

        Whom it shows stands in the vault's audit chain, which gives the names.
        """
        county = wanted.county
        with self._reading.connect() as connection:
            found = queues.read_queue(connection, wanted, after, limit + 1)
            levels, rules, villages = self._counts(connection, wanted._replace(level=""))
            places = {one.place.subject: one.place for one in found[:limit]}
            lines = tuple(self._lines(connection, county, places, actor))
        total = levels.get(wanted.level, 0) if wanted.level else sum(levels.values())
        last = found[limit - 1].place if len(found) > limit else None
        return Queue(lines, levels, rules, villages, total, last)

    def _counts(self, connection: Connection, wanted: Wanted) -> Counts:
        """Subjects by level, rule and village; counted again only after the worker has committed."""
        version = queues.read_version(connection)
        if version != self._counted_at or len(self._counted) > KEPT_COUNTS:
            self._counted, self._counted_at = {}, version
        if wanted not in self._counted:
            self._counted[wanted] = (
                queues.count_queue(connection, wanted),
                queues.count_by(connection, wanted, "rule"),
                queues.count_by(connection, wanted, "village"),
            )
        return self._counted[wanted]

    def coverage(self, county: str) -> Coverage:
        """How every feed of a county stands, and what rules were judged without; made anew after every commit."""
        today = self.today(county)
        with self._reading.connect() as connection, self._books_lock:
            at = (today, queues.read_version(connection))
            if county not in self._covered or self._covered[county][0] != at:
                book = self._books.setdefault(county, CountyBook(county))
                book.read(connection)
                standing = queues.count_by(connection, Wanted(county), "rule")
                found = cover(book, today, self.titles.workdays, self.titles.reads, standing)
                self._covered[county] = (at, found)
            return self._covered[county][1]

    def readers(self, type_: str) -> tuple[str, ...]:
        """The rules that read a type of fact."""
        return tuple(rule for rule, types in self.titles.reads.items() if type_ in types)

    def standing(self, county: str) -> dict[str, int]:
        """Subjects with raised alerts by their heaviest level."""
        with self._reading.connect() as connection:
            levels = self._counts(connection, Wanted(county))[0]
        return {level: levels.get(level, 0) for level in LEVELS}

    def household(self, county: str, ref: str, *, actor: str, area: str = "") -> HouseholdView:
        """One household whole, after the look at it is written down; raises Unknown.

        With an `area` only where one of its standing alerts is in a village whose code begins so.
        """
        if kind_of(ref) != "household":
            raise Unknown(ref)
        today = self.today(county)
        with self._reading.connect() as connection:
            household = self._households(connection, county, [ref])[ref]
            standing = read_alerts(connection, county, [ref])[ref]
        if not (household.facts or household.members or standing):
            raise Unknown(ref)
        if area and not any(alert.standing and alert.village.startswith(area) for alert in standing.values()):
            raise Unknown(ref)  # somebody else's village: no other answer than for what does not exist
        with self._engine.begin() as connection:
            where, people = f"{county}/{ref}", (ref, *household.members)
            self._audit.append(connection, actor=actor, action="household.view", object_=where, seen=people)
        whos = _whos([household], today)
        views = self._views(standing, whos)
        raised = tuple(view for view in views if not view.suppressed)
        evidence = {id_ for view in views for signal in view.signals for id_ in signal.facts}
        said = sorted(_said(household, whos, evidence), key=lambda one: (one.as_of, one.stated_at), reverse=True)
        here = living(household, today)
        village = next((alert.village for alert in standing.values() if alert.village), "")
        place = Place(0, "", ref)
        line = Line(place, ref, "household", village, self._names(county, [ref], actor).get(ref, ""), len(here), raised)
        spoke = {one.department for one in said}
        silent = tuple(
            dict.fromkeys(fact.meta.department for fact in FACTS.values() if fact.meta.department not in spoke)
        )
        suppressed = tuple(view for view in views if view.suppressed)
        members = tuple(MemberView(one.ref, whos[one.ref], one.membership.性别) for one in here)
        return HouseholdView(line, suppressed, members, tuple(said), silent)

    def alerts(self, *, suppressed: bool, actor: str) -> Iterator[dict[str, Any]]:
        """Every standing alert with its evidence, as `shouwang alerts --json` prints it (docs/feeds.md, "Commands")."""
        self._note(actor, "alerts.export", "suppressed too" if suppressed else "standing")
        with self._reading.connect() as connection:
            for row in queues.read_standing(connection, suppressed=suppressed):
                evidence = json.loads(row["evidence"])
                yield {
                    "subject": row["subject"],
                    "kind": kind_of(row["subject"]),
                    **{name: row[name] for name in ("village", "rule", "level", "class")},
                    "suppressed": bool(row["suppressed"]),
                    "signals": evidence["signals"],
                    "cannot_tell": evidence["cannot_tell"],
                    **{name: row[name] for name in ("raised_on", "rulebook")},
                }

    def words(self, *, actor: str) -> Iterator[str]:
        """Every accepted entry in arrival order, as JSON text, for an independent recomputation."""
        self._note(actor, "words.export", "all")
        with self._reading.connect() as connection:
            for row in queues.read_words(connection):
                said = {name: row[name] for name in _WORD}
                said["county"] = county_at(row["place"])
                text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
                yield f'{text[:-1]},"data":{row["data"] or "null"}}}'

    def letters(self) -> list[dict[str, Any]]:
        """Every letter without its body."""
        with self._reading.connect() as connection:
            return [_letter(row) for row in queues.read_letters(connection)]

    def letter(self, id_: int) -> dict[str, Any]:
        """One letter without its body; raises Unknown."""
        for letter in self.letters():
            if letter["id"] == id_:
                return letter
        raise Unknown(str(id_))

    def replay_letter(self, id_: int, *, actor: str) -> None:
        """Have a letter tried again by the worker; raises Unknown."""
        with self._engine.begin() as connection:
            if not queues.want_letter(connection, id_):
                raise Unknown(str(id_))
            self._audit.append(connection, actor=actor, action="letter.replay", object_=str(id_))

    def drop_letter(self, id_: int, *, actor: str) -> None:
        """Throw a letter away; raises Unknown."""
        with self._engine.begin() as connection:
            if not queues.drop_letter(connection, id_):
                raise Unknown(str(id_))
            self._audit.append(connection, actor=actor, action="letter.drop", object_=str(id_))

    def progress(self) -> dict[str, Any]:
        """Where every county stands: day, rulebook, last number of each department, what waits."""
        with self._reading.connect() as connection:
            dirty, letters = queues.count_dirty(connection), queues.count_letters(connection)
            ledgers = queues.read_positions(connection)
            waiting = {code: queues.count_waiting(connection, code) for code in self.counties}
        stands = {code: county for ledger in ledgers for code, county in ledger.counties.items()}
        said: dict[str, Any] = {}
        for code in self.counties:
            county = stands.get(code)
            said[code] = {
                "day": county.day.isoformat() if county and county.day else None,
                "rulebook": county.rulebook if county else "",
                "seqs": county.seqs if county else {},
                "missing": {name: gaps for name, gaps in county.missing.items() if gaps} if county else {},
                "stopped": county.stopped if county else [],
                "opening": county.opening.model_dump(mode="json") if county and county.opening else None,
                "dirty": dirty.get(code, 0),
                "waiting": waiting[code],
                "letters": letters.get(code, 0),
            }
        return {"counties": said, "letters": sum(letters.values())}

    def open_county(self, county: str, on: date, budget: int, *, actor: str) -> None:
        """Open a county from a day on; raises NotOpened."""
        opening = Opening(on=on, budget=budget, by=actor, at=self._clock.now())
        open_county(Store(self._engine), self._audit, self._clock, self.counties, county, opening)

    def opening(self, county: str) -> Opening | None:
        """How a county is opened; None while it is not."""
        with self._reading.connect() as connection:
            ledger = read_ledger(connection, partition_of(self.counties[county].number))
        found = ledger.counties.get(county)
        return found.opening if found else None

    def turn(self, county: str, day: date, *, actor: str) -> None:
        """Turn a county's day; raises Unknown, NotATrial. The worker judges it once it has caught up."""
        if county not in self.counties:
            raise Unknown(county)
        if not isinstance(self._clock, TrialClock):
            raise NotATrial
        self._note(actor, "day.turn", f"{county}/{day}")
        self._clock.turn(county, day)

    def ready(self) -> str:
        """A check: what is wrong with the database, or nothing."""
        with self._reading.connect() as connection:
            connection.exec_driver_sql("SELECT 1 FROM ledger LIMIT 1")
        return ""

    def _note(self, actor: str, action: str, object_: str) -> None:
        with self._engine.begin() as connection:
            self._audit.append(connection, actor=actor, action=action, object_=object_)

    def _lines(self, connection: Connection, county: str, places: Mapping[str, Place], actor: str) -> Iterator[Line]:
        today = self.today(county)
        standing = read_alerts(connection, county, list(places))
        homes = self._households(connection, county, [ref for ref in places if kind_of(ref) == "household"])
        names = self._names(county, list(homes), actor)
        whos = _whos(homes.values(), today)
        for ref, place in places.items():
            views = tuple(view for view in self._views(standing[ref], whos) if not view.suppressed)
            village = next((alert.village for alert in standing[ref].values() if alert.village), "")
            home = homes.get(ref)
            count = len(living(home, today)) if home else None
            yield Line(place, ref, kind_of(ref), village, names.get(ref, ""), count, views)

    @staticmethod
    def _households(connection: Connection, county: str, refs: list[str]) -> dict[str, Household]:
        members = read_members(connection, county, refs) if refs else {}
        facts = (
            read_facts(connection, county, [*refs, *{one for some in members.values() for one in some}]) if refs else {}
        )
        return {
            ref: Household(ref, facts.get(ref, {}), {one: facts[one] for one in members[ref] if one in facts})
            for ref in refs
        }

    def _views(self, standing: Mapping[str, Standing], whos: Mapping[str, str]) -> list[AlertView]:
        views = [self._view(alert, whos) for alert in standing.values() if alert.standing]
        return sorted(views, key=lambda view: (_RANKS.get(view.level, len(_RANKS)), view.raised_on, view.rule))

    def _view(self, alert: Standing, whos: Mapping[str, str]) -> AlertView:
        evidence = json.loads(alert.evidence)
        signals = tuple(
            Signal(
                one["id"],
                one["subject"],
                whos.get(one["subject"], ""),
                one["department"],
                one["says"],
                tuple(one["facts"]),
            )
            for one in evidence["signals"]
        )
        return AlertView(
            alert.rule,
            self.titles.rule(alert.rule),
            alert.level,
            alert.class_,
            bool(alert.suppressed),
            date.fromisoformat(alert.raised_on),
            signals,
            tuple(self.titles.signal(id_) for id_ in evidence["cannot_tell"]),
        )

    def _names(self, county: str, refs: list[str], actor: str) -> dict[str, str]:
        """Masked names; without the vault a page shows references."""
        if self._vault is None or not refs:
            return {}
        try:
            return self._vault.find(county, refs, actor=actor)
        except VaultAway:
            return {}


_RANKS: Final = {level: rank for rank, level in enumerate(LEVELS)}
_WORD: Final = ("type", "subject", "key", "op", "as_of", "stated_at", "line", "id", "sending")


def kind_of(subject: str) -> str:
    """`household` or `village`: a village's reference is its code."""
    return "household" if subject.startswith("h1") else "village"


def _whos(households: Iterable[Household], today: date) -> dict[str, str]:
    """Who each person is within the household: 长子，15岁."""
    return {ref: _who(ref, facts, today) for household in households for ref, facts in household.members.items()}


def _who(ref: str, facts: Facts, today: date) -> str:
    here = membership(facts, today)
    if here is None:
        return "已不在本户"
    years = months_old(Member(ref, facts, here), today) // 12
    return f"{here.与户主关系 or '成员'}，{years}岁"


def _said(household: Household, whos: Mapping[str, str], evidence: set[str]) -> Iterator[Said]:
    for ref, facts in ((household.ref, household.facts), *household.members.items()):
        for word in (word for keys in facts.values() for word in keys.values()):
            if word.type in FACTS:
                yield _one_said(word, whos.get(ref, "本户"), evidence)


def _one_said(word: Word, who: str, evidence: set[str]) -> Said:
    meta = FACTS[word.type].meta
    period = word.key if meta.period else ""
    stands = word.data is not None
    return Said(meta.title, meta.department, who, period, word.as_of, word.stated_at, stands, word.id in evidence)


def _letter(row: Any) -> dict[str, Any]:
    topic, _, rest = row.place.partition("/")
    return {
        "id": row.row,
        "stage": row.stage,
        "reason": row.reason,
        "topic": topic,
        "offset": rest,
        "feed": row.feed,
        "county": f"{row.county:06d}" if row.county else "",
        "at": row.written_at,
        "replaying": bool(row.wanted),
    }
