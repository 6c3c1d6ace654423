"""Declared topics, data only, and which partition a county's records are in."""

from dataclasses import dataclass

from contracts.catalogue import DEPARTMENTS

PARTITIONS = 24
"""Never changed once a broker holds data: one worker must own a county's share of every topic (design.md 6)."""

RETENTION_DAYS = 30
ALERTS_TOPIC = "shouwang.alerts"


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as declared; the broker must agree with it."""

    name: str
    owner: str
    writes: str
    reads: tuple[str, ...]
    partitions: int = PARTITIONS
    retention_days: int = RETENTION_DAYS


def facts_topic(department: str) -> str:
    """`education` → `shouwang.education.facts`."""
    return f"shouwang.{department}.facts"


FACT_TOPICS: dict[str, str] = {department: facts_topic(department) for department in DEPARTMENTS}

TOPICS: tuple[Topic, ...] = (
    *(Topic(name, owner=dep, writes=dep, reads=("alerts",)) for dep, name in FACT_TOPICS.items()),
    Topic(ALERTS_TOPIC, owner="alerts", writes="alerts", reads=tuple(DEPARTMENTS)),
)


def partition_of(county_number: int, partitions: int = PARTITIONS) -> int:
    """The partition of a county's records: its number modulo the count, never a hash (kafka.md 2)."""
    return county_number % partitions
