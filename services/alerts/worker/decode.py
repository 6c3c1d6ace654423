"""Decode: a record of a fact topic becomes an envelope of one of our counties, or a reason why it cannot."""

import json
from collections.abc import Callable
from typing import Final, NamedTuple

from pydantic import ValidationError

from contracts.catalogue import FACTS
from contracts.envelope import ENVELOPES, Envelope, decode, source_of
from contracts.sending import SendingClosed
from contracts.topics import FACT_TOPICS
from contracts.vocabulary import Op, SubjectKind
from services.alerts.domain.household import MEMBER
from services.alerts.worker.packed import Moments, name_of, pack
from shouwang.kit.bus import Record

PREFIXES = {SubjectKind.PERSON: "p1", SubjectKind.HOUSEHOLD: "h1"}
"""How references of people and households begin (docs/design.md 10); a village's is its code."""

_NUL: Final = rb"\u0000"
"""A NUL as JSON can write it; a bare one is no JSON."""

_STATE: Final = Op.STATE
_STATED: Final = str(Op.STATE), Op.STATE.rank
_DEPARTMENTS: Final = {type_: type_.split(".", 1)[0] for type_ in ENVELOPES}

_BEGINNINGS = {type_: PREFIXES.get(fact.meta.subject) for type_, fact in FACTS.items()}


class Refused(NamedTuple):
    """A record no stage can use; what could be read of it stands beside the reason."""

    reason: str
    county: str = ""
    feed: str = ""
    department: str = ""
    seq: int = 0


class Said(NamedTuple):
    """A word as it is kept and applied. The envelope is let go of at once: thousands of them cost more than reading."""

    county: str
    department: str
    seq: int
    row: tuple[str, str, str, str, str, str, int, str, str, str | None]
    """What `words` keeps of it beside its place: type, subject, key, op, as_of, stated_at, line, id, sending, data."""
    name: str
    """Of the fact among those of its subject."""
    packed: bytes
    closing: Envelope | None = None
    """The envelope of what closes a sending."""

    @property
    def feed(self) -> str:
        """The type of the fact a word is about; for a closing word the type its sending was about."""
        closes = self.closing is not None and isinstance(self.closing.data, SendingClosed)
        return f"{self.department}.{self.closing.data.feed}.v1" if self.closing and closes else self.row[0]


class Reader:
    """Reads the records of one partition; `here` says whether a county's records belong into it."""

    def __init__(self, here: Callable[[str], bool]) -> None:
        self._here = here
        self._moments = Moments()
        self._sources: dict[tuple[str, str], tuple[str, bytes, str]] = {}
        """By type and county what their records must have: source, key, topic."""

    def read(self, record: Record) -> Said | Refused:
        """What a record says, or why no stage can use it."""
        if _NUL in record.value:
            # PostgreSQL keeps no NUL in a text, and nobody means one.
            return _unreadable(record, "a NUL in a text", self._here)
        try:
            envelope = decode(record.value)
        except ValidationError as wrong:
            return _unreadable(record, _reason(wrong), self._here)
        except (ValueError, RecursionError) as wrong:
            return _unreadable(record, str(wrong), self._here)
        if reason := self._misplaced(record, envelope):
            return Refused(reason, envelope.partitionkey if self._here(envelope.partitionkey) else "")
        if reason := _inconsistent(envelope):
            said = self._said(envelope)
            return Refused(reason, said.county, said.feed, said.department, said.seq)
        return self._said(envelope)

    def _said(self, envelope: Envelope) -> Said:
        type_, key, data = envelope.type, envelope.fact, envelope.data
        op, rank = _STATED if envelope.op is _STATE else (str(envelope.op), envelope.op.rank)
        day, ordinal = self._moments.day(envelope.asof)
        time, micros = self._moments.time(envelope.time)
        county, department, seq = envelope.partitionkey, _DEPARTMENTS[type_], envelope.seq
        line, id_, sending = envelope.line, envelope.id, envelope.sending
        if type_ not in FACTS:
            content = data and data.model_dump_json()
            row = (type_, envelope.subject, key, op, day, time, line, id_, sending, content)
            return Said(county, department, seq, row, "", b"", envelope)
        content = data and data.content()
        row = (type_, envelope.subject, key, op, day, time, line, id_, sending, content)
        return Said(county, department, seq, row, name_of(type_, key), pack(ordinal, rank, micros, line, id_, content))

    def _misplaced(self, record: Record, envelope: Envelope) -> str:
        said = envelope.type, envelope.partitionkey
        source, key, topic = self._sources.get(said) or self._note(envelope)
        if envelope.source == source and record.key == key and record.topic == topic:
            return ""
        if not self._here(envelope.partitionkey):
            return f"county {envelope.partitionkey} is not served, or not in this partition"
        if record.key != key:
            return "the record's key is not its county"
        if record.topic != topic:
            return f"{envelope.department} does not speak on this topic"
        return "the source is not the county and department of the record"

    def _note(self, envelope: Envelope) -> tuple[str, bytes, str]:
        """What the records of this type and county must have; nothing fits a county that is not here."""
        county, department = envelope.partitionkey, envelope.department
        must = (source_of(county, department), county.encode(), FACT_TOPICS[department])
        if not self._here(county):
            return "", *must[1:]
        self._sources[envelope.type, county] = must
        return must


def _inconsistent(envelope: Envelope) -> str:
    beginning = _BEGINNINGS.get(envelope.type)
    if beginning is None:
        if envelope.subject[:6] != envelope.partitionkey:
            return f"the subject is not what {envelope.type} is about"
        closes = envelope.type not in FACTS
        if closes and (envelope.op is not Op.STATE or envelope.subject != envelope.partitionkey):
            return "a sending is closed by a statement about the county"
        return ""
    if envelope.subject[:2] != beginning:
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
