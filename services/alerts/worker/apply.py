"""Apply: words of one county become facts; what they say anew is dirty until their sending closes."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from contracts.envelope import Envelope
from contracts.facts import Fact
from contracts.sending import SendingClosed
from services.alerts.domain.household import MEMBER
from services.alerts.domain.word import Word, take
from services.alerts.store.ledger import CountyLedger
from services.alerts.store.rows import number_at, place_in
from services.alerts.store.writing import Effects, word_row
from services.alerts.worker.cache import CountyCache


@dataclass(slots=True)
class Applied:
    """What applying words has led to."""

    changed: int = 0
    ready: dict[str, list[str]] = field(default_factory=dict)
    """Subjects whose sendings have closed, with the ids of the words that said something new of them."""
    listed: set[str] = field(default_factory=set)
    """Types of which a list has come: not being in it is known now."""


def apply(words: Iterable[Envelope], cache: CountyCache, ledger: CountyLedger, effects: Effects) -> Applied:
    """Take words into the cache and note what is to be written; the subjects they name are loaded before."""
    applied = Applied()
    first: dict[str, int] = {}
    county, place = int(cache.county), place_in(cache.county, ledger.words)
    subjects, kept, facts = cache.subjects, effects.words, effects.facts
    for envelope in words:
        place += 1
        data = envelope.data
        if isinstance(data, SendingClosed):
            kept.append(word_row(place, envelope, data.model_dump_json()))
            _close(envelope, data, cache, effects, applied)
            first.pop(envelope.fact, None)
            continue
        kept.append(word_row(place, envelope, None if data is None else data.content()))
        word = word_of(envelope, data)
        subject, type_ = word.subject, word.type
        if take(subjects[subject], word):
            applied.changed += 1
            fact = (county, subject, type_, word.key)
            facts[fact] = (*fact, place, data is not None)
            if type_ == MEMBER:
                cache.move(subject, word.key)
            if cache.make_dirty(word.sending, subject, word.id):
                first[word.sending] = place
    ledger.words = number_at(place)
    cache.stored.update(first)
    effects.opened += [(county, sending, place - 1) for sending, place in first.items()]
    return applied


def word_of(envelope: Envelope, data: Fact | None) -> Word:
    """The word an envelope carries."""
    return Word(
        envelope.type,
        envelope.subject,
        envelope.fact,
        envelope.op,
        envelope.asof,
        envelope.time,
        envelope.line,
        envelope.id,
        envelope.sending,
        data,
    )


def _close(envelope: Envelope, closed: SendingClosed, cache: CountyCache, effects: Effects, applied: Applied) -> None:
    sending = envelope.fact
    county = int(cache.county)
    for subject, ids in cache.close(sending).items():
        applied.ready.setdefault(subject, []).extend(ids)
    if sending in cache.stored:
        cache.stored.remove(sending)
        effects.closed.add((county, sending))
    type_ = f"{envelope.department}.{closed.feed}.v1"
    for one in closed.lists:
        scope = (type_, one.period, one.area)
        heard = (envelope.asof, envelope.time, sending)
        cache.lists.take(type_, one, *heard)
        if scope not in cache.newest_lists or heard > cache.newest_lists[scope]:
            cache.newest_lists[scope] = heard
            effects.lists[(county, *scope)] = (
                county,
                *scope,
                envelope.asof.isoformat(),
                envelope.time.isoformat(),
                sending,
                one.model_dump_json(),
            )
            applied.listed.add(type_)
