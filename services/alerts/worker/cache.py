"""What is known in memory of one county while its partition is owned; dropped when others may have written."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime
from itertools import islice
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from services.alerts.domain.household import MEMBER, Household, Lists, Lived, lived, village_of
from services.alerts.domain.judgement import Alert
from services.alerts.domain.signals import Evidence
from services.alerts.domain.word import Facts
from services.alerts.store.reading import (
    Judged,
    Standing,
    read_alerts,
    read_dirty,
    read_facts,
    read_judged,
    read_lists,
    read_members,
    read_newest_lists,
)

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
        self.subjects: dict[str, Facts] = {}
        self.members: dict[str, set[str]] = {}
        self.alerts: dict[str, dict[str, Stood]] = {}
        self.judged: dict[str, Judged] = {}
        self.homes: dict[str, Household] = {}
        self._lived: dict[str, Lived] = {}
        self.lists: Lists = read_lists(connection, county)
        self.newest_lists: dict[Scope, tuple[date, datetime, str]] = read_newest_lists(connection, county)
        self.dirty: dict[str, dict[str, list[str]]] = read_dirty(connection, county)
        """By open sending the subjects it has said something new about, with the ids of their words."""
        self.stored = set(self.dirty)
        """Open sendings that are in the table."""

    def load_subjects(self, connection: Connection, names: Iterable[str]) -> None:
        """Have the facts of these subjects, reading those that are not here."""
        missing = [name for name in names if name not in self.subjects]
        if missing:
            found = {} if self.whole else read_facts(connection, self.county, missing)
            for name in missing:
                self.subjects[name] = found.get(name) or {}

    def load_members(self, connection: Connection, households: Iterable[str]) -> None:
        """Know who was ever stated to belong to these households."""
        missing = [ref for ref in households if ref not in self.members]
        if self.whole:
            self.members.update((ref, set()) for ref in missing)
        elif missing:
            self.members |= read_members(connection, self.county, missing)

    def load_judged(self, connection: Connection, refs: Collection[str], day: date) -> None:
        """Have all that judging these households and villages on a day takes."""
        households = [ref for ref in refs if is_household(ref)]
        self.load_members(connection, households)
        names = {name for ref in households for name in self.members[ref]}
        self.load_subjects(connection, names.union(refs))
        self.load_subjects(connection, dict.fromkeys(code for ref in households if (code := self.village(ref, day))))
        missing = [ref for ref in refs if ref not in self.alerts]
        if self.whole:
            self.alerts.update((ref, {}) for ref in missing)
        elif missing:
            for ref, alerts in read_alerts(connection, self.county, missing).items():
                self.alerts[ref] = {rule: _stood(alert) for rule, alert in alerts.items()}
            self.judged |= read_judged(connection, self.county, missing)

    def village(self, ref: str, day: date) -> str:
        """The village a household is in on a day; loaded before."""
        return village_of(self.household(ref), self.lived(ref, day).members)

    def household(self, ref: str, village: str = "") -> Household:
        """A household as far as words tell, with what was said of its village; loaded before."""
        home = self.homes.get(ref)
        if home is None:
            home = Household(ref, self.subjects[ref], {name: self.subjects[name] for name in self.members[ref]})
            self.homes[ref] = home
        home.village = self.subjects[village] if village else {}
        return home

    def lived(self, ref: str, day: date) -> Lived:
        """Who lives in a household on a day: found once, until a membership is stated or begins."""
        known = self._lived.get(ref)
        if known is None or not known.holds(day):
            known = self._lived[ref] = lived(self.household(ref), day)
        return known

    def move(self, person: str, ref: str) -> None:
        """Something new was said of a person's membership of a household."""
        self.members[ref].add(person)
        for home in self.subjects[person][MEMBER]:
            self.homes.pop(home, None)
            self._lived.pop(home, None)

    def erase(self, person: str) -> None:
        """Nothing was ever said of this person; loaded before, with the members of its households."""
        for ref in self.subjects[person].get(MEMBER, ()):
            self.members[ref].discard(person)
            self.homes.pop(ref, None)
            self._lived.pop(ref, None)
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
                refs = self.subjects[name].get(MEMBER, ()) if is_person(name) else {name, *lives_in(name)}
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
        if gone:
            # They hold facts that are no longer those kept up to date here.
            self.homes.clear()
            self._lived.clear()
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
