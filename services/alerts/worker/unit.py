"""A unit of work between reading the ledger and committing it, and what of a batch still belongs into it."""

from dataclasses import dataclass, field

from sqlalchemy import Connection

from services.alerts.store.ledger import Hole, Ledger, Position, TopicReplaced
from services.alerts.store.writing import Effects
from services.alerts.worker.cache import CountyCache
from services.alerts.worker.tally import Processed
from shouwang.kit.bus import Batch
from shouwang.kit.letters import Letter


@dataclass(slots=True)
class Room:
    """What is known in memory of one partition: its ledger as last committed or read, and its counties."""

    ledger: Ledger
    counties: dict[str, CountyCache] = field(default_factory=dict)

    def cache(self, connection: Connection, county: str) -> CountyCache:
        """The county's cache, read when it is not here."""
        if county not in self.counties:
            begun = self.ledger.counties.get(county)
            self.counties[county] = CountyCache(connection, county, whole=begun is None or begun.day is None)
        return self.counties[county]


@dataclass(slots=True)
class Unit:
    """One unit of work on its way to its commit: a copy of the ledger, and what is to be written."""

    ledger: Ledger
    effects: Effects = field(default_factory=Effects)
    letters: list[Letter] = field(default_factory=list)
    processed: Processed = field(default_factory=Processed)
    counties: dict[str, Processed] = field(default_factory=dict)
    """The work done for each county; `processed` is the whole once it is committed."""


def fitting(ledger: Ledger, batch: Batch) -> Batch | None:
    """What of a batch is still to be taken: all, its tail, or nothing; raises Hole, TopicReplaced."""
    position = ledger.positions.get(batch.topic)
    if position and position.topic_id != batch.topic_id:
        raise TopicReplaced(batch.topic, batch.partition, position.topic_id, batch.topic_id)
    stored = ledger.next_of(batch.topic)
    if stored < batch.first and batch.topic in ledger.let_go:
        return batch
    if stored < batch.first:
        raise Hole(batch.topic, batch.partition, stored, batch.first)
    if stored >= batch.next:
        return None
    if stored == batch.first:
        return batch
    return batch._replace(first=stored, records=[record for record in batch.records if record.offset >= stored])


def read_to(ledger: Ledger, batch: Batch) -> None:
    """Reading stands after this batch now."""
    ledger.positions[batch.topic] = Position(topic_id=batch.topic_id, next=batch.next)
    if batch.topic in ledger.let_go:
        ledger.let_go.remove(batch.topic)
