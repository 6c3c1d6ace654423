"""What is known in memory of one county while its partition is owned; dropped when others may have written."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime
from itertools import islice
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from contracts.vocabulary import Op
from services.alerts.domain.household import Household, Lists, Lived, Member, lived, village_of
from services.alerts.domain.judgement import Alert
from services.alerts.domain.signals import Evidence
from services.alerts.domain.word import Facts
from services.alerts.store.reading import (
    Judged,
    Standing,
    read_alerts,
    read_dirty,
    read_judged,
    read_lists,
    read_members,
    read_newest_lists,
    read_standing_words,
    read_village_words,
)
from services.alerts.worker.packed import Moments, Packed, Unpacking, households_in, name_of, pack

HOUSEHOLDS: Final = 100_000
"""Households kept in memory; a large county whole, about 1 GiB with five people each."""

_PEOPLE_EACH: Final = 6
"""Subjects kept per household kept: its people and itself."""

Scope = tuple[str, str, str]
"""Type, period, area of a list."""


def is_person(subject: str) -> bool:
    """Whether a subject is a person; references say so by how they begin (docs/design.md 10)."""
    return subject.startswith("p1")


def is_household(subject: str) -> bool:
    """Whether a subject is a household; one that is neither is a village."""
    return subject.startswith("h1")


class Stood(NamedTuple):
    """An alert that stands, or stood once."""

    standing: bool
    alert: Alert
    raised_on: date
    episodes: int


class CountyCache:
    """One county's subjects, households and open sendings, as stored and with what the running batch has added."""

    def __init__(self, connection: Connection, county: str, *, whole: bool = False) -> None:
        self.county = county
        self.whole = whole
        """True while everything that is stored is here too, as from a county's first word on: nothing needs reading."""
        self.subjects: dict[str, Packed] = {}
        """People and households."""
        self.villages: dict[str, Packed] = {}
        """All villages of which anything was said; they are few."""
        self._take(read_village_words(connection, county), self.villages)
        self.members: dict[str, set[str]] = {}
        self.alerts: dict[str, dict[str, Stood]] = {}
        self.judged: dict[str, Judged] = {}
        self._homes: dict[str, Lived] = {}
        """Who lives in a household, without their facts."""
        self._unpacking = Unpacking()
        self.lists: Lists = read_lists(connection, county)
        self.newest_lists: dict[Scope, tuple[date, datetime, str]] = read_newest_lists(connection, county)
        self.dirty: dict[str, dict[str, list[str]]] = read_dirty(connection, county)
        """By open sending the subjects it has said something new about, with the ids of their words."""
        self.stored = set(self.dirty)
        """Open sendings that are in the table."""

    def of(self, subject: str) -> Packed:
        """What stands of a subject, to read and to change; loaded before."""
        return self.subjects[subject] if subject[0] in "ph" else self.villages.setdefault(subject, {})

    def facts(self, subject: str) -> Facts:
        """What stands of a subject, to judge by."""
        return self._unpacking.facts(subject, self.of(subject))

    def load_subjects(self, connection: Connection, names: Iterable[str]) -> None:
        """Have the facts of these subjects, reading those that are not here; those of villages always are."""
        missing = [name for name in names if name not in self.subjects and name[0] in "ph"]
        if missing:
            self.subjects.update((name, {}) for name in missing)
            if not self.whole:
                self._take(read_standing_words(connection, self.county, missing), self.subjects)

    def _take(self, rows: Iterable[tuple[Any, ...]], into: dict[str, Packed]) -> None:
        moments = Moments()
        for type_, subject, key, op, as_of, stated_at, line, id_, _, data in rows:
            day, time = moments.day(date.fromisoformat(as_of))[1], moments.time(datetime.fromisoformat(stated_at))[1]
            said = pack(day, Op(op).rank, time, line, id_, data)
            into.setdefault(subject, {})[name_of(type_, key)] = said

    def load_members(self, connection: Connection, households: Iterable[str]) -> None:
        """Know who was ever stated to belong to these households."""
        missing = [ref for ref in households if ref not in self.members]
        if self.whole:
            self.members.update((ref, set()) for ref in missing)
        elif missing:
            self.members |= read_members(connection, self.county, missing)

    def load_judged(self, connection: Connection, refs: Collection[str]) -> None:
        """Have all that judging these households and villages takes."""
        households = [ref for ref in refs if is_household(ref)]
        self.load_members(connection, households)
        names = {name for ref in households for name in self.members[ref]}
        self.load_subjects(connection, names.union(households))
        missing = [ref for ref in refs if ref not in self.alerts]
        if self.whole:
            self.alerts.update((ref, {}) for ref in missing)
        elif missing:
            for ref, alerts in read_alerts(connection, self.county, missing).items():
                self.alerts[ref] = {rule: _stood(alert) for rule, alert in alerts.items()}
            self.judged |= read_judged(connection, self.county, missing)

    def household(self, ref: str, day: date) -> tuple[Household, Lived]:
        """A household as far as words tell, its village's facts among them, and who lives there on a day."""
        home = Household(ref, self.facts(ref), {name: self.facts(name) for name in self.members[ref]})
        here = self._lived(home, day)
        village = village_of(home, here.members)
        if village in self.villages:
            home.village = self.facts(village)
        return home, here

    def _lived(self, home: Household, day: date) -> Lived:
        """Who lives in a household on a day: found once, until a membership is stated or begins."""
        known = self._homes.get(home.ref)
        if known is not None and known.holds(day):
            members = [Member(one.ref, home.members[one.ref], one.membership) for one in known.members]
            return Lived(known.day, known.until, members)
        found = lived(home, day)
        kept = [Member(one.ref, {}, one.membership) for one in found.members]
        self._homes[home.ref] = Lived(found.day, found.until, kept)
        return found

    def move(self, person: str, ref: str) -> None:
        """Something new was said of a person's membership of a household."""
        self.members[ref].add(person)
        for home in households_in(self.subjects[person]):
            self._homes.pop(home, None)

    def erase(self, person: str) -> None:
        """Nothing was ever said of this person; loaded before, with the members of its households."""
        for ref in households_in(self.subjects[person]):
            self.members[ref].discard(person)
            self._homes.pop(ref, None)
        self.subjects[person] = {}
        for said in self.dirty.values():
            said.pop(person, None)

    def concerned(
        self, subjects: Mapping[str, list[str]], lives_in: Callable[[str], Iterable[str]]
    ) -> dict[str, list[str]]:
        """Whom it concerns that something was said of these subjects, with the words; loaded before.

        Of a person every household it was ever stated to belong to; of a village the village and who `lives_in` it.
        """
        found: dict[str, list[str]] = {}
        for name, words in subjects.items():
            if is_household(name):
                refs: Iterable[str] = (name,)
            else:
                refs = households_in(self.subjects[name]) if is_person(name) else {name, *lives_in(name)}
            for ref in refs:
                found[ref] = found[ref] + words if ref in found else words
        return found

    def is_waited_for(self, ref: str) -> bool:
        """True while an open sending has said something new about a household or anybody of it."""
        judged = self.judged.get(ref)
        about = {ref, *self.members.get(ref, ()), *((judged.village,) if judged else ())}
        return any(not said.keys().isdisjoint(about) for said in self.dirty.values())

    def make_dirty(self, sending: str, subject: str, id_: str) -> bool:
        """Note that an open sending has said something new about a subject; True when it is the first it says."""
        subjects = self.dirty.get(sending)
        if opens := subjects is None:
            subjects = self.dirty[sending] = {}
        if subject in subjects:
            subjects[subject].append(id_)
        else:
            subjects[subject] = [id_]
        return opens

    def close(self, sending: str) -> dict[str, list[str]]:
        """A sending is open no longer; gives whom it had said something new about, and with which words."""
        return self.dirty.pop(sending, {})

    def trim(self, households: int = HOUSEHOLDS) -> None:
        """Forget what came into memory first, beyond a number of households; after the commit only."""
        gone = _trim(self.subjects, households * _PEOPLE_EACH)
        gone += _trim(self.members, households)
        _trim(self._homes, households)
        judged = _trim(self.alerts, households)
        for ref in judged:
            self.judged.pop(ref, None)
        self.whole = self.whole and not (gone or judged)


def _trim(known: dict[str, Any], limit: int) -> list[str]:
    oldest = list(islice(known, max(0, len(known) - limit)))
    for name in oldest:
        del known[name]
    return oldest


def _stood(stored: Standing) -> Stood:
    """A stored alert as the domain knows it."""
    said = json.loads(stored.evidence)
    signals = tuple(Evidence(**{**one, "facts": tuple(one["facts"])}) for one in said["signals"])
    kind = (stored.rule, stored.level, stored.class_, stored.suppressed, stored.village)
    alert = Alert(*kind, signals, tuple(said["cannot_tell"]))
    return Stood(stored.standing, alert, date.fromisoformat(stored.raised_on), stored.episodes)
