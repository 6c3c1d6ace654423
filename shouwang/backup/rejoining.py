"""After a restore: departments, log and alerts stand at different moments; this makes them go on together.

What the log held before is void: it may be newer than the databases, older, or empty. Reading goes on at its end, and
every department sends again from the first number alerts has not heard. Numbers drop what was heard (docs/design.md,
"Numbers"), and no number is given out twice.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from contracts.catalogue import DEPARTMENTS
from contracts.topics import ALERTS_TOPIC, FACT_TOPICS, TOPICS, partition_of
from services.alerts.store import Store
from services.alerts.store.ledger import Ledger, Position
from shouwang.kit.adapter.sending_again import Again, send_again
from shouwang.kit.bus import Log
from shouwang.kit.counties import County
from shouwang.standalone.installation import Installation


@dataclass(frozen=True, slots=True)
class Rejoined:
    """What is going to be said again, and what nobody has any more."""

    words: int
    lost: dict[str, int]
    """By department the numbers that alerts has not heard and no outbox holds."""


def rejoin(installation: Installation, log: Log) -> Rejoined:
    """Let an installation whose services are stopped go on from its databases; doing it again changes nothing.

    Raises LogAway, and then nothing has been changed in the databases that a second try would not do again.
    """
    log.ensure(TOPICS)
    engine = installation.database("alerts")
    store = Store(engine)
    counties = list(installation.counties().values())
    heard = unheard_after(store.ledgers())
    partitions = {partition_of(county.number) for county in counties} | {one.partition for one in store.ledgers()}
    ids = log.topic_ids([*FACT_TOPICS.values()])
    stand = {
        (partition, topic): Position(topic_id=ids[topic], next=end)
        for partition in partitions
        for topic, end in log.ends([*FACT_TOPICS.values()], partition).items()
    }
    again = {name: _send_again(installation, name, heard.get(name, {})) for name in DEPARTMENTS}
    store.stand_at(stand)
    store.say_again(_unsaid(log, counties))
    engine.dispose()
    installation.unfinished.unlink(missing_ok=True)
    return Rejoined(
        sum(one.words for one in again.values()), {name: one.lost for name, one in again.items() if one.lost}
    )


def unheard_after(ledgers: Iterable[Ledger]) -> dict[str, dict[str, int]]:
    """By department and county the number up to which alerts has heard everything."""
    found: dict[str, dict[str, int]] = {}
    for ledger in ledgers:
        for code, county in ledger.counties.items():
            for department, last in county.seqs.items():
                gaps = county.missing.get(department, [])
                found.setdefault(department, {})[code] = min([last, *(first - 1 for first, _ in gaps)])
    return found


def _send_again(installation: Installation, department: str, heard: Mapping[str, int]) -> Again:
    engine = installation.database(department)
    again = send_again(engine, heard)
    engine.dispose()
    return again


def _unsaid(log: Log, counties: Iterable[County]) -> list[str]:
    """The counties of which the topic of alerts holds nothing and never did."""
    return [
        county.code for county in counties if log.ends([ALERTS_TOPIC], partition_of(county.number))[ALERTS_TOPIC] == 0
    ]
