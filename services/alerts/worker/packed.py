"""Packed: what was last said of a subject as bytes, since a whole county must fit in memory; unpacked to be judged."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from struct import Struct
from typing import Final

from contracts.catalogue import FACTS
from contracts.civil_affairs import HouseholdMember
from contracts.facts import Fact
from services.alerts.domain.household import MEMBER
from services.alerts.domain.word import Facts, Word

Packed = dict[str, bytes]
"""What stands of one subject: by the name of a fact its packed word. Objects for the words took four times as much."""

CODES: Final = {type_: chr(ord("0") + at) for at, type_ in enumerate(sorted(FACTS))}
"""One character for each type, in this process only."""

DECODED: Final = 60_000
"""Decoded facts kept of each type: many say the same, in the same bytes."""

_ORDER: Final = Struct(">IBQI")
_AFTER_ORDER: Final = _ORDER.size
_BEGIN: Final = datetime(1, 1, 2, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_MEMBER: Final = CODES[MEMBER]


class Moments:
    """Days and times as ISO text and as numbers that sort; a sending has few of them, so each is worked out once."""

    def __init__(self) -> None:
        self._days: dict[date, tuple[str, int]] = {}
        self._times: dict[datetime, tuple[str, int]] = {}

    def day(self, day: date) -> tuple[str, int]:
        """ISO text and ordinal of a day."""
        known = self._days.get(day)
        if known is None:
            known = self._days[day] = day.isoformat(), day.toordinal()
        return known

    def time(self, time: datetime) -> tuple[str, int]:
        """ISO text and microseconds of a time that knows its zone.

        Equal times of two zones share the first one's text: they are the same moment.
        """
        known = self._times.get(time)
        if known is None:
            known = self._times[time] = time.isoformat(), max(0, (time - _BEGIN) // _MICROSECOND)
        return known


def name_of(type_: str, key: str) -> str:
    """What a fact is called among those of its subject."""
    return CODES[type_] + key


def pack(day: int, rank: int, time: int, line: int, id_: str, content: str | None) -> bytes:
    """A word as bytes that begin with its order (docs/design.md 4.1), so that bytes compare as words do."""
    return _ORDER.pack(day, rank, time, line) + f"{id_}\0{content or ''}".encode()


def is_newer(word: bytes, standing: bytes) -> bool:
    """Whether a word comes after the one that stands; two of the same order and id are the same word."""
    if word <= standing:
        return False
    head = word.index(0, _AFTER_ORDER)
    return word[:head] != standing[:head]


def households_in(packed: Packed) -> Iterator[str]:
    """The households a person was ever stated to belong to."""
    return (name[1:] for name in packed if name[0] == _MEMBER)


class Kept(Word):
    """A word unpacked as far as judging asks: type, subject, key, id and data. Its order stays packed."""

    __slots__ = ()

    @property
    def id(self) -> str:
        """Its id; asked for only where it is evidence."""
        packed: bytes = self[7]  # type: ignore[assignment]
        return packed[_AFTER_ORDER : packed.index(0, _AFTER_ORDER)].decode()


class Membership(Kept):
    """A word about a membership: who lives where is remembered, so that its data is hardly ever asked for."""

    __slots__ = ()

    @property
    def data(self) -> Fact | None:
        """What it says, decoded each time."""
        text: bytes = self[9]  # type: ignore[assignment]
        return HouseholdMember.model_validate_json(text) if text else None


class Unpacking:
    """Unpacks words. Facts never change, so that equal texts of a type are decoded once, as long as there is room."""

    def __init__(self, decoded: int = DECODED) -> None:
        self._known = {CODES[type_]: (type_, Decoded(fact, decoded)) for type_, fact in FACTS.items()}

    def facts(self, subject: str, packed: Packed) -> Facts:
        """The facts of a subject as judging reads them."""
        found: Facts = {}
        new = tuple.__new__
        for name, word in packed.items():
            type_, known = self._known[name[0]]
            key, text = name[1:], word[word.index(0, _AFTER_ORDER) + 1 :]
            if type_ == MEMBER:
                kept: Word = new(Membership, (type_, subject, key, None, None, None, 0, word, None, text))
            else:
                kept = new(Kept, (type_, subject, key, None, None, None, 0, word, None, known[text] if text else None))
            if type_ in found:
                found[type_][key] = kept
            else:
                found[type_] = {key: kept}
        return found


class Decoded(dict[bytes, Fact]):
    """The facts of a type by their text; one not met before is decoded."""

    def __init__(self, of: type[Fact], room: int) -> None:
        super().__init__()
        self._of, self._room = of, room

    def __missing__(self, text: bytes) -> Fact:
        if len(self) >= self._room:
            self.clear()
        fact = self[text] = self._of.model_validate_json(text)
        return fact
