"""Stages 4 and 5 over one batch: decode, apply, judge, one transaction behind the fence (docs/design.md 7)."""

import time
from collections.abc import Callable, Mapping
from datetime import date, timedelta

from sqlalchemy import Connection

from contracts.topics import ALERTS_TOPIC, partition_of
from services.alerts.domain.rulebook import Policy
from services.alerts.store import Store
from services.alerts.store.erasing import read_asked
from services.alerts.store.ledger import CountyLedger, Hole, Moved, TopicReplaced
from services.alerts.worker.again import answered, read_mentioning, read_wanted, start_feeds
from services.alerts.worker.attempts import BY_SENDING, NO_MORE, in_pieces, one_by_one
from services.alerts.worker.cache import HOUSEHOLDS
from services.alerts.worker.county import CountyWork
from services.alerts.worker.letters import LETTERS_PER_FEED, Sorting, letter_rows
from services.alerts.worker.measure import measure
from services.alerts.worker.tally import Processed
from services.alerts.worker.unit import Room, Unit, fitting, read_to
from shouwang.kit.bus import Batch
from shouwang.kit.clock import Clock
from shouwang.kit.counties import County
from shouwang.kit.database import AWAY
from shouwang.kit.letters import KEPT, Seals
from shouwang.kit.metrics import Metrics
from shouwang.kit.observe import get_logger


class Stages:
    """Does the worker's work on one store; several of them on one store stay right, because of the fence."""

    def __init__(
        self,
        store: Store,
        policy: Policy,
        counties: Mapping[str, County],
        sealer: Seals,
        clock: Clock,
        *,
        households: int = HOUSEHOLDS,
        letter_limit: int = LETTERS_PER_FEED,
        metrics: Metrics | None = None,
    ) -> None:
        self._store, self._policy, self._counties, self._sealer, self._clock = store, policy, counties, sealer, clock
        self._households, self._letter_limit = households, letter_limit
        self._rooms: dict[int, Room] = {}
        self._proved: set[tuple[str, int]] = set()
        """Places (topic, partition) where a batch has been committed since the start: a crash there is noted then."""
        self._metrics = metrics
        self._log = get_logger()

    def positions(self, partition: int) -> dict[str, int]:
        """By topic where reading goes on, as stored; a topic never read is left out."""
        return {topic: position.next for topic, position in self._store.ledger(partition).positions.items()}

    def counties(self, partition: int) -> Mapping[str, CountyLedger]:
        """Where the counties of a partition stand, as stored."""
        return self._store.ledger(partition).counties

    def follow_topics(self, partition: int, ids: Mapping[str, str]) -> None:
        """Let go of a topic that was made anew since it was read: its words come again from the departments' outboxes.

        What was heard is dropped by its number, what is missing is named (docs/decisions/N15.md).
        """
        for topic in self._store.follow(partition, ids, ids[ALERTS_TOPIC]):
            self._log.warning("topic_made_anew", stage="apply", topic=topic, partition=partition)

    def forget(self) -> None:
        """Drop what is in memory, as at a start: somebody else may write from now on, or has written."""
        self._rooms.clear()
        self._proved.clear()

    def process(self, batch: Batch) -> Processed:
        """Take one batch, or what of it has not been taken; raises Hole, TopicReplaced, and SQLAlchemy's
        OperationalError and InterfaceError while the database is away.

        Anything else that is raised is our bug: nothing has been committed, and the process is to end. After two
        restarts at one place the batch is taken in pieces, and the word that fails alone becomes a letter.
        """
        if batch.next == batch.first:
            return Processed()
        place = (batch.topic, batch.partition)
        if place in self._proved:
            return self._take(batch, noted=False)
        tries = self._store.note_try(batch.partition, batch.topic, batch.first)
        processed = self._take(batch, noted=True) if tries < BY_SENDING else self._take_in_pieces(batch, tries)
        self._proved.add(place)
        return processed

    def turn_day(self, county: str, day: date) -> Processed:
        """Turn a county to a day, once; a day it has reached already changes nothing. Old letters' keys end here."""

        def turn(room: Room, unit: Unit) -> bool:
            if (unit.ledger.county(county).day or date.min) >= day:
                return False
            with self._store.reads() as connection:
                work = self._work(connection, room, unit, county)
                work.settle_in(day)
                if (unit.ledger.county(county).day or date.min) < day:
                    work.turn(day)
            return True

        processed = self._commit(partition_of(self._counties[county].number), turn)
        # One day more: a key's last letter may have been sealed at the end of its day.
        self._sealer.destroy_before((self._clock.now() - KEPT - timedelta(days=1)).date())
        self._say("judge", processed, county=county, day=day.isoformat())
        return processed

    def try_letters(self, partition: int) -> Processed:
        """Try again the letters a person has asked for; what fails again is a letter again, with the new reason.

        Called from time to time, it also enters a new rulebook in counties in which nothing else happens.
        """
        version = self._policy.version

        def again(room: Room, unit: Unit) -> bool:
            with self._store.reads() as connection:
                wanted = read_wanted(connection, partition)
                old = [code for code, one in unit.ledger.counties.items() if one.day and one.rulebook != version]
                if not wanted and not old:
                    return False
                words = answered(wanted, unit, self._here(partition), self._sealer)
                for county in dict.fromkeys([*old, *words]):
                    work = self._work(connection, room, unit, county)
                    work.settle_in(self._clock.today(county))
                    work.take(words.get(county, []))
                start_feeds(connection, wanted, unit.ledger, unit.letters)
            return True

        processed = self._commit(partition, again)
        if processed.words or processed.letters:
            self._say("apply", processed, partition=partition, action="try letters")
        return processed

    def is_to_erase(self, partition: int) -> bool:
        """Whether somebody of a partition is to be erased."""
        with self._store.reads() as connection:
            return bool(read_asked(connection, self._codes(partition)))

    def erase(self, partition: int) -> Processed:
        """Erase everybody who is to be; call it when everything the log holds has been read, or it says them again."""

        def forget(room: Room, unit: Unit) -> bool:
            with self._store.reads() as connection:
                asked = read_asked(connection, self._codes(partition))
                for county, people in asked.items():
                    self._work(connection, room, unit, county).erase({subject: row for row, subject in people})
                unit.effects.settled += read_mentioning(connection, asked, self._sealer) if asked else []
            return bool(asked)

        return self._commit(partition, forget)

    def _take(self, batch: Batch, *, noted: bool, reason: str = "") -> Processed:
        """Take a batch as one unit; with a reason its only record is set aside."""

        def take(room: Room, unit: Unit) -> bool:
            rest = fitting(unit.ledger, batch)
            if rest is None:
                return False
            read_to(unit.ledger, batch)
            if noted:
                unit.effects.tried.add(batch.topic)
            sorting = Sorting(unit.ledger, self._here(batch.partition), self._letter_limit, unit.processed)
            with unit.processed.stage("decode"):
                if reason:
                    sorting.set_aside(rest.records[0], reason)
                else:
                    sorting.sort(rest.records)
            unit.letters += sorting.letters
            unit.effects.filled |= sorting.filled
            with self._store.reads() as connection:
                for county, words in sorting.words.items():
                    work = self._work(connection, room, unit, county)
                    work.settle_in(self._clock.today(county))
                    work.take(words)
            return True

        processed = self._commit(batch.partition, take)
        self._say("apply", processed, topic=batch.topic, partition=batch.partition)
        return processed

    def _take_in_pieces(self, batch: Batch, tries: int) -> Processed:
        """Take a batch that has ended the process before in pieces, each with its own commit."""
        processed = Processed()
        for piece in in_pieces(batch, tries):
            if piece.first != batch.first:
                tries = self._store.note_try(piece.partition, piece.topic, piece.first)
            if tries >= NO_MORE and len(piece.records) == 1:
                processed.add(self._take(piece, noted=True, reason="it has ended the process every time"))
                continue
            try:
                processed.add(self._take(piece, noted=True))
            except (Hole, TopicReplaced, *AWAY):
                raise
            except Exception as failed:  # our bug, but one word must not hold up its county
                processed.add(self._take_by_word(piece, failed))
        return processed

    def _take_by_word(self, piece: Batch, failed: Exception) -> Processed:
        processed = Processed()
        for word in one_by_one(piece):
            if len(piece.records) > 1:
                try:
                    processed.add(self._take(word, noted=True))
                    continue
                except (Hole, TopicReplaced, *AWAY):
                    raise
                except Exception as alone:
                    failed = alone
            processed.add(self._take(word, noted=True, reason=f"applying it fails: {type(failed).__name__}"))
        return processed

    def _commit(self, partition: int, fill: Callable[[Room, Unit], bool]) -> Processed:
        """Fill a unit and commit it if there is something in it; when somebody else was first, read again and redo."""
        while True:
            fresh = partition not in self._rooms
            room = self._room(partition)
            unit, start = Unit(room.ledger.model_copy(deep=True)), time.perf_counter()
            try:
                if not fill(room, unit):
                    return unit.processed
                self._write(unit)
            except Moved:
                del self._rooms[partition]
                continue
            except (Hole, TopicReplaced):
                # Our own memory may be what is behind: only what is stored decides.
                del self._rooms[partition]
                if fresh:
                    raise
                continue
            except BaseException:
                self._rooms.pop(partition, None)
                raise
            room.ledger = unit.ledger
            self._trim()
            if self._metrics:
                measure(self._metrics, unit, time.perf_counter() - start)
            return unit.processed

    def _trim(self) -> None:
        caches = [cache for room in self._rooms.values() for cache in room.counties.values()]
        for cache in caches:
            cache.trim(self._households // len(caches))

    def _write(self, unit: Unit) -> None:
        unit.effects.letters = letter_rows(unit.letters, unit.ledger.partition, self._clock.now(), self._sealer)
        unit.processed.letters = len(unit.letters)
        with unit.processed.stage("commit"):
            self._store.commit(unit.ledger, unit.effects)
        for county in unit.counties.values():
            unit.processed.add(county)

    def _work(self, connection: Connection, room: Room, unit: Unit, county: str) -> CountyWork:
        return CountyWork(
            connection,
            room.cache(connection, county),
            unit.ledger.county(county),
            self._policy,
            self._clock.now(),
            unit.effects,
            unit.letters,
            unit.counties.setdefault(county, Processed()),
        )

    def _room(self, partition: int) -> Room:
        room = self._rooms.get(partition)
        if room is None:
            room = self._rooms[partition] = Room(self._store.ledger(partition))
        return room

    def _here(self, partition: int) -> Callable[[str], bool]:
        return self._codes(partition).__contains__

    def _codes(self, partition: int) -> frozenset[str]:
        return frozenset(code for code, county in self._counties.items() if partition_of(county.number) == partition)

    def _say(self, stage: str, processed: Processed, **where: object) -> None:
        self._log.info(
            stage,
            stage=stage,
            words=processed.words,
            changed=processed.changed,
            judged=processed.judged,
            alerts=processed.alerts,
            letters=processed.letters,
            ms=round(sum(processed.ms.values()), 1),
            **where,
        )
