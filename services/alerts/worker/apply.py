"""Apply: words of one county become facts; what they say anew is dirty until their sending closes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from contracts.envelope import Envelope
from contracts.sending import ListClosed
from services.alerts.domain.household import MEMBER
from services.alerts.store.ledger import CountyLedger
from services.alerts.store.rows import number_at, place_in
from services.alerts.store.writing import Effects
from services.alerts.worker.cache import CountyCache
from services.alerts.worker.decode import Said
from services.alerts.worker.packed import is_newer


class Listed(NamedTuple):
    """A list that has come, and for whom its coming alone can change an answer."""

    type: str
    area: str
    subjects: set[str] | None
    """None when it is the first of its period and area: everybody of the area."""


@dataclass(slots=True)
class Applied:
    """What applying words has led to."""

    changed: int = 0
    ready: dict[str, list[str]] = field(default_factory=dict)
    """Subjects whose sendings have closed, with the ids of the words that said something new of them."""
    listed: list[Listed] = field(default_factory=list)
    """Lists that have come: of whom they do not name it is known now that they are not in it."""


def apply(words: Iterable[Said], cache: CountyCache, ledger: CountyLedger, effects: Effects) -> Applied:
    """Take words into the cache and note what is to be written; the subjects they name are loaded before."""
    applied = Applied()
    first: dict[str, int] = {}
    county, place = int(cache.county), place_in(cache.county, ledger.words)
    kept, facts = effects.words, effects.facts
    for said in words:
        place += 1
        row, name, packed = said.row, said.name, said.packed
        kept.append((place, *row))
        if said.closing is not None:
            _close(said.closing, cache, effects, applied)
            first.pop(row[2], None)
            continue
        type_, subject, key = row[:3]
        stands = cache.of(subject)
        standing = stands.get(name)
        if standing is None or is_newer(packed, standing):
            stands[name] = packed
            applied.changed += 1
            facts[county, subject, type_, key] = (county, subject, type_, key, place, row[9] is not None)
            if type_ == MEMBER:
                cache.move(subject, key)
            if cache.make_dirty(row[8], subject, row[7]):
                first[row[8]] = place
    ledger.words = number_at(place)
    cache.stored.update(first)
    effects.opened += [(county, sending, place - 1) for sending, place in first.items()]
    return applied


def _close(envelope: Envelope, cache: CountyCache, effects: Effects, applied: Applied) -> None:
    sending, closed = envelope.fact, envelope.data
    county = int(cache.county)
    for subject, ids in cache.close(sending).items():
        applied.ready.setdefault(subject, []).extend(ids)
    if sending in cache.stored:
        cache.stored.remove(sending)
        effects.closed.add((county, sending))
    type_ = f"{envelope.department}.{closed.feed}.v1"
    if closed.withdraws is not None:
        for one in closed.lists:
            _take_back(type_, one, cache, effects, applied)
        return
    for one in closed.lists:
        scope = (type_, one.period, one.area)
        heard = (envelope.asof, envelope.time, sending)
        unread = cache.lists.unread(type_, one.period, one.area)
        cache.lists.take(type_, one, *heard)
        if scope not in cache.newest_lists or heard > cache.newest_lists[scope]:
            cache.newest_lists[scope] = heard
            effects.unlisted.discard((county, *scope))
            effects.lists[(county, *scope)] = (
                county,
                *scope,
                envelope.asof.isoformat(),
                envelope.time.isoformat(),
                sending,
                one.model_dump_json(),
            )
            doubtful = None if unread is None else unread.union(each.subject for each in one.unread)
            applied.listed.append(Listed(type_, one.area, doubtful))


def _take_back(type_: str, one: ListClosed, cache: CountyCache, effects: Effects, applied: Applied) -> None:
    """A list was taken back: which one of its scope counts from now on."""
    scope, counts, row = (type_, one.period, one.area), one.counts, (int(cache.county), type_, one.period, one.area)
    cache.lists.take_back(type_, one)
    applied.listed.append(Listed(type_, one.area, None))
    if counts is None:
        cache.newest_lists.pop(scope, None)
        effects.lists.pop(row, None)
        effects.unlisted.add(row)
        return
    cache.newest_lists[scope] = (counts.as_of, counts.stated_at, counts.sending)
    effects.unlisted.discard(row)
    said = (counts.as_of.isoformat(), counts.stated_at.isoformat(), counts.sending)
    effects.lists[row] = (*row, *said, one.model_copy(update={"counts": None}).model_dump_json())
