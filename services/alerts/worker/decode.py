"""Decode: a record of a fact topic becomes an envelope of one of our counties, or a reason why it cannot."""

import json
from collections.abc import Callable
from typing import Final, NamedTuple

from pydantic import ValidationError

from contracts.catalogue import FACTS
from contracts.envelope import Envelope, decode
from contracts.sending import SendingClosed, sending_type
from contracts.topics import FACT_TOPICS
from contracts.vocabulary import Op, SubjectKind
from services.alerts.domain.household import MEMBER
from shouwang.kit.bus import Record

PREFIXES = {SubjectKind.PERSON: "p1", SubjectKind.HOUSEHOLD: "h1"}
"""How references of people and households begin (docs/design.md 10); a village's is its code."""

_NUL: Final = rb"\u0000"
"""A NUL as JSON can write it; a bare one is no JSON."""

_BEGINNINGS = {type_: PREFIXES.get(fact.meta.subject) for type_, fact in FACTS.items()}


class Refused(NamedTuple):
    """A record no stage can use; what could be read of it stands beside the reason."""

    reason: str
    county: str = ""
    feed: str = ""
    department: str = ""
    seq: int = 0


def read_record(record: Record, here: Callable[[str], bool]) -> Envelope | Refused:
    """The envelope of a record; `here` says whether a county's records belong into this partition."""
    if _NUL in record.value:
        # PostgreSQL keeps no NUL in a text, and nobody means one.
        return _unreadable(record, "a NUL in a text", here)
    try:
        envelope = decode(record.value)
    except ValidationError as wrong:
        return _unreadable(record, _reason(wrong), here)
    except (ValueError, RecursionError) as wrong:
        return _unreadable(record, str(wrong), here)
    if reason := _misplaced(record, envelope, here):
        return Refused(reason, envelope.partitionkey if here(envelope.partitionkey) else "")
    if reason := _inconsistent(envelope):
        return Refused(reason, envelope.partitionkey, feed_of(envelope), envelope.department, envelope.seq)
    return envelope


def feed_of(envelope: Envelope) -> str:
    """The type of the fact a word is about; for a closing word the type its sending was about."""
    if isinstance(envelope.data, SendingClosed):
        return f"{envelope.department}.{envelope.data.feed}.v1"
    return envelope.type


def _misplaced(record: Record, envelope: Envelope, here: Callable[[str], bool]) -> str:
    county, department = envelope.partitionkey, envelope.department
    if not here(county):
        return f"county {county} is not served, or not in this partition"
    if record.key != county.encode():
        return "the record's key is not its county"
    if FACT_TOPICS.get(department) != record.topic:
        return f"{department} does not speak on this topic"
    if envelope.source != f"/county/{county}/{department}":
        return "the source is not the county and department of the record"
    return ""


def _inconsistent(envelope: Envelope) -> str:
    if envelope.type == sending_type(envelope.department):
        if envelope.op is not Op.STATE or envelope.subject != envelope.partitionkey:
            return "a sending is closed by a statement about the county"
        return ""
    beginning = _BEGINNINGS[envelope.type] or envelope.partitionkey
    if not envelope.subject.startswith(beginning):
        return f"the subject is not what {envelope.type} is about"
    if envelope.type == MEMBER and envelope.data is not None and envelope.data.户编号 != envelope.fact:
        return "the key of a membership is not its household"
    return ""


def _reason(wrong: ValidationError) -> str:
    """Where it is wrong and how, never with what was found there."""
    first = wrong.errors(include_url=False, include_input=False, include_context=False)[0]
    return f"{'.'.join(map(str, first['loc'])) or 'value'}: {first['type']}"


def _unreadable(record: Record, reason: str, here: Callable[[str], bool]) -> Refused:
    """What can be told of bytes that are no envelope, so that they stand under their county and feed."""
    try:
        said = json.loads(record.value)
    except (ValueError, RecursionError):
        said = {}
    said = said if isinstance(said, dict) else {}
    county, feed, seq = said.get("partitionkey"), said.get("type"), said.get("seq")
    department = feed.split(".", 1)[0] if isinstance(feed, str) else ""
    if FACT_TOPICS.get(department) != record.topic:
        feed = department = ""
    if not isinstance(county, str) or record.key != county.encode() or not here(county):
        return Refused(reason)
    return Refused(
        reason,
        county,
        str(feed)[:60],
        department,
        seq if type(seq) is int and 0 < seq < 1 << 60 else 0,
    )
