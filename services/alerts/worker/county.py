"""One county's part of a unit of work: what comes into its order, who is judged, and what is written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from contracts.vocabulary import Op
from services.alerts.domain.household import MEMBER
from services.alerts.domain.rulebook import Policy
from services.alerts.store.erasing import Erasure
from services.alerts.store.ledger import CountyLedger
from services.alerts.store.reading import (
    read_area,
    read_bearers,
    read_due_by,
    read_households,
    read_village,
    read_villages,
)
from services.alerts.store.rows import place_in
from services.alerts.store.writing import Effects
from services.alerts.worker.apply import Listed, apply
from services.alerts.worker.cache import CountyCache, is_household
from services.alerts.worker.decode import Said
from services.alerts.worker.judging import Because, Court
from services.alerts.worker.packed import households_in
from services.alerts.worker.tally import Processed
from shouwang.kit.letters import Letter

DAY_TYPE = "alerts.day.v1"
RULEBOOK_TYPE = "alerts.rulebook.v1"
MACHINE_TYPES = frozenset({DAY_TYPE, RULEBOOK_TYPE})
"""Entries of a county's order that the worker makes itself."""


@dataclass(slots=True)
class CountyWork:
    """Does one county's part of one unit; everything it notes is written together, or dropped together."""

    connection: Connection
    cache: CountyCache
    ledger: CountyLedger
    policy: Policy
    now: datetime
    effects: Effects
    letters: list[Letter]
    processed: Processed

    def settle_in(self, today: date) -> None:
        """Enter what the county's order begins with, its day, and the rulebook when it is another than before."""
        if self.ledger.day is None:
            self._enter(DAY_TYPE, today.isoformat(), today)
            self.ledger.day = today
        if self.ledger.rulebook != self.policy.version:
            first = not self.ledger.rulebook
            self._enter(RULEBOOK_TYPE, self.policy.version, self.ledger.day)
            self.ledger.rulebook = self.policy.version
            if not first:
                everybody = read_households(self.connection, self.cache.county)
                everybody += read_villages(self.connection, self.cache.county)
                self._judge(dict.fromkeys(everybody, ()), "rulebook")

    def take(self, words: Sequence[Said]) -> None:
        """Apply words and judge every household whose sendings have all closed."""
        with self.processed.stage("load"):
            self._load(words)
        with self.processed.stage("apply"):
            applied = apply(words, self.cache, self.ledger, self.effects)
        self.processed.words += len(words)
        self.processed.changed += applied.changed
        ready = applied.ready
        for listed in applied.listed:
            if listed.type in self.policy.coverage_types:
                for subject in self._covered(listed):
                    ready.setdefault(subject, [])
        if ready:
            self._judge_subjects(ready)

    def turn(self, day: date) -> None:
        """The county's day is another one: judge whoever it makes a difference to, and all that is still dirty."""
        self._enter(DAY_TYPE, day.isoformat(), day)
        if self.ledger.day is None or self.ledger.day.replace(day=1) != day.replace(day=1):
            self.effects.month[self.cache.county] = day
        self.ledger.day = day
        due = read_due_by(self.connection, self.cache.county, day)
        dirty: dict[str, list[str]] = {}
        for sending in list(self.cache.dirty):
            for subject, words in self.cache.close(sending).items():
                dirty.setdefault(subject, []).extend(words)
        self.cache.stored.clear()
        self.effects.clean.add(int(self.cache.county))
        self.cache.load_subjects(self.connection, dirty)
        said = self._concerned(dirty)
        self._judge(said)
        self._judge(dict.fromkeys((ref for ref in due if ref not in said), ()), "day")

    def erase(self, people: Mapping[str, int]) -> None:
        """Forget these people (by subject: the row of the request) and judge their households without them."""
        self.cache.load_subjects(self.connection, people)
        homes = {person: tuple(households_in(self.cache.subjects[person])) for person in people}
        self.cache.load_members(self.connection, {ref for refs in homes.values() for ref in refs})
        for person, row in people.items():
            self.cache.erase(person)
            self.effects.erased.setdefault(self.cache.county, []).append(Erasure(row, person, homes[person]))
        self.processed.erased += len(people)
        self._judge(dict.fromkeys((ref for refs in homes.values() for ref in refs), ()))

    def _covered(self, listed: Listed) -> Iterable[str]:
        """Whom a list concerns by its coming: a first one all it can speak of, another those that were not read."""
        if listed.subjects is not None:
            return (one for one in listed.subjects if one.startswith(("p1", "h1")) or one in self.cache.villages)
        if listed.area:
            return read_area(self.connection, self.cache.county, listed.area)
        return read_bearers(self.connection, self.cache.county, listed.type)

    def _load(self, words: Iterable[Said]) -> None:
        facts = [word.row for word in words if word.closing is None]
        self.cache.load_subjects(self.connection, dict.fromkeys(row[1] for row in facts))
        self.cache.load_members(self.connection, {row[2] for row in facts if row[0] == MEMBER})

    def _judge_subjects(self, subjects: Mapping[str, list[str]]) -> None:
        with self.processed.stage("load"):
            self.cache.load_subjects(self.connection, subjects)
            households = self._concerned(subjects)
            self.cache.load_members(self.connection, filter(is_household, households))
        if self.cache.dirty:
            households = {ref: ids for ref, ids in households.items() if not self.cache.is_waited_for(ref)}
        self._judge(households)

    def _concerned(self, subjects: Mapping[str, list[str]]) -> dict[str, list[str]]:
        return self.cache.concerned(subjects, self._lives_in)

    def _lives_in(self, village: str) -> list[str]:
        """Who was last judged in a village: as stored, and as this unit of work is about to store."""
        there = read_village(self.connection, self.cache.county, village)
        county = int(self.cache.county)
        return there + [
            ref for (of, ref), one in self.effects.judged.items() if of == county and one.village == village
        ]

    def _judge(self, households: Mapping[str, Sequence[str]], because: Because = "words") -> None:
        if not households or self.ledger.day is None:
            return
        with self.processed.stage("load"):
            self.cache.load_judged(self.connection, households)
        court = Court(
            self.cache, self.ledger, self.policy, self.ledger.day, self.now, self.effects, self.letters, because
        )
        with self.processed.stage("judge"):
            self.processed.alerts += court.judge(households)
        self.processed.judged += len(households)

    def _enter(self, type_: str, key: str, day: date) -> None:
        self.ledger.words += 1
        place = place_in(self.cache.county, self.ledger.words)
        row = (
            place,
            type_,
            self.cache.county,
            key,
            Op.STATE.value,
            day.isoformat(),
            self.now.isoformat(),
            0,
            f"{type_}:{key}",
            "",
            None,
        )
        self.effects.words.append(row)
