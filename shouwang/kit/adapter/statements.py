"""Statements and what is kept of them per fact: the register's data, and how it is written down."""

import json
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Any, Final, NamedTuple

from contracts.vocabulary import Op

MARK: Final = 13
EPOCH: Final = datetime(1970, 1, 1, 8, tzinfo=timezone(timedelta(hours=8)))
"""As the clocks of Asia/Shanghai have it, so that moments are said in its time."""
_SECOND: Final = timedelta(microseconds=1)
_OPS: Final = {"s": Op.STATE, "c": Op.CORRECT, "w": Op.WITHDRAW, "o": Op.OMIT}
_LETTERS: Final = {op: letter for letter, op in _OPS.items()}
_STATE, _CORRECT, _WITHDRAW, _OMIT = Op.STATE, Op.CORRECT, Op.WITHDRAW, Op.OMIT

FactId = tuple[str, str]
"""(subject, key): one fact of one feed of one county."""

Position = tuple[str, bool, int, int, str]
"""(as_of, firm, stated_us, line, id): where a statement stands; the greatest of a fact is what stands (feeds.md)."""


def microseconds(moment: datetime) -> int:
    """An aware moment as a number since 1970."""
    return (moment - EPOCH) // _SECOND


class Said(NamedTuple):
    """One statement of a fact; `content` is the fact as canonical JSON, empty when it is taken back."""

    op: Op
    day: str
    """`as_of`, ISO: sorts as days do."""
    stated_us: int
    line: int
    id: str
    content: str

    @property
    def order(self) -> Position:
        """Its place among all statements of the fact."""
        op = self.op
        return self.day, op is _CORRECT or op is _WITHDRAW, self.stated_us, self.line, self.id

    @property
    def as_of(self) -> date:
        """The day it holds for."""
        return date.fromisoformat(self.day)

    @property
    def stated_at(self) -> datetime:
        """When it was said."""
        return EPOCH + timedelta(microseconds=self.stated_us)

    @property
    def mark(self) -> str:
        """Enough of its id (65 bits) to tell it from the other statements of the same fact."""
        return self.id[:MARK]


class Heard(NamedTuple):
    """A statement with the sending that made it, as long as that sending can be taken back."""

    number: int
    """Of the sending."""
    listed: bool
    """Said by a list (its silence too), not by an increment."""
    area: str
    """The township or village the list was whole for; empty: the county, or an increment."""
    said: Said


class State:
    """The statements of one fact folded together: every one is either here or can never matter again."""

    __slots__ = ("fixed", "listed", "marks", "told")

    def __init__(
        self, listed: Said | None = None, fixed: Said | None = None, told: tuple[Said, ...] = (), marks: str = ""
    ) -> None:
        self.listed = listed
        """The newest of what lists said of it, their silence included as far as it was noticed."""
        self.fixed = fixed
        """The newest 更正 or 撤回."""
        self.told = told
        """新增 of increments, each at its earliest 报送时间, as far as it may still be the newest."""
        self.marks = marks
        """Marks of all other 新增 ever stated, one after another, so that a repeat is known as one."""

    def copy(self) -> "State":
        """Another that can be changed by itself."""
        return State(self.listed, self.fixed, self.told, self.marks)

    def newest(self) -> Said | None:
        """The newest statement noticed so far."""
        if not self.told and self.fixed is None:
            return self.listed
        return max(
            (said for said in (self.listed, self.fixed, *self.told) if said is not None),
            key=lambda said: said.order,
            default=None,
        )

    def hear(self, said: Said, *, listed: bool) -> bool:
        """Add a statement; False when it is a 新增 of an increment that was stated before."""
        if listed:
            if said.op is _STATE:
                self._named(said)
            if self.listed is None or self.listed.order < said.order:
                self.listed = said
        elif said.op is not _STATE:
            if self.fixed is None or self.fixed.order < said.order:
                self.fixed = said
        elif said.mark in self.marks or self._repeat(said):
            return False
        else:
            self.told = (*self.told, said)
        if self.told:
            self._prune()
        return True

    def _repeat(self, said: Said) -> bool:
        """True when this 新增 was told before; of its 报送时间 the earliest counts."""
        for at, known in enumerate(self.told):
            if known.id == said.id:
                if said.order < known.order:
                    self.told = (*self.told[:at], said, *self.told[at + 1 :])
                return True
        return False

    def _named(self, said: Said) -> None:
        """A list says it too: what increments told in the same words is then never newer than the list."""
        if self.told:
            self.told = tuple(known for known in self.told if known.id != said.id)
        mark = said.id[:MARK]
        if mark not in self.marks:
            self.marks += mark

    def _prune(self) -> None:
        """Forget the content of what can never be the newest again.

        What lists, corrections and withdrawals say keeps its place for good; a repeat can move a 新增 to an earlier
        报送时间, but not to another day, so only those of the latest day may yet matter.
        """
        floor = max((said.order for said in (self.listed, self.fixed) if said is not None), default=None)
        day = max(said.day for said in self.told)
        kept = tuple(said for said in self.told if said.day == day and (floor is None or said.order > floor))
        if len(kept) < len(self.told):
            for said in self.told:
                if said not in kept and said.mark not in self.marks:
                    self.marks += said.mark
            self.told = kept


@dataclass(slots=True)
class Entry:
    """What the register keeps of one fact.

    What sendings of the last 30 days said is kept apart, each statement with its sending, so that a sending can be
    taken back: `base` is all that was said before, folded; `now` is both together.
    """

    subject: str
    key: str
    base: State = field(default_factory=State)
    areas: str = ""
    """Areas whose lists have named it, each after a blank, as far as they are in `base`."""
    recent: list[Heard] = field(default_factory=list)
    """In the order in which they came."""
    shown: Said | None = None
    """The word published last: what alerts goes by."""
    now: State = field(default_factory=State)

    @property
    def fact(self) -> FactId:
        """(subject, key)."""
        return self.subject, self.key

    @property
    def stands(self) -> bool:
        """True when the fact stands by the last published word."""
        return self.shown is not None and self.shown.content != ""

    def hear(self, heard: Heard) -> bool:
        """Add a statement; False when it is a repeat."""
        self.recent.append(heard)
        return self.now.hear(heard.said, listed=heard.listed)

    def settle(self, open_from: int) -> None:
        """Fold what sendings before number `open_from` said: they can no longer be taken back."""
        recent, at = self.recent, 0
        while at < len(recent) and recent[at].number < open_from:
            _, listed, area, said = recent[at]
            self.base.hear(said, listed=listed)
            if area and said.content and f" {area}" not in self.areas:
                self.areas += f" {area}"
            at += 1
        if at:
            del recent[:at]

    def forget(self, number: int) -> bool:
        """Take back what a sending said; False when it said nothing of this fact."""
        left = [heard for heard in self.recent if heard.number != number]
        if len(left) == len(self.recent):
            return False
        self.recent = left
        self.replay()
        return True

    def replay(self) -> None:
        """Work out `now`."""
        now = self.base.copy() if self.recent else self.base
        for _, listed, _, said in self.recent:
            now.hear(said, listed=listed)
        self.now = now if self.recent else self.base.copy()

    def named_in(self) -> list[str]:
        """The areas whose lists have named it."""
        return [*self.areas.split(), *(one.area for one in self.recent if one.area and one.said.content)]

    def dump(self) -> tuple[str, str]:
        """The content shown, and the rest as JSON text that refers to it, for a store."""
        shown, base = self.shown, self.base
        content = shown.content if shown is not None else ""
        told = ",".join([_text(said, content) for said in base.told])
        recent = ",".join(
            [f'[{one.number},{one.listed:d},"{one.area}",{_text(one.said, content)}]' for one in self.recent]
        )
        last = "1" if self.recent and self.recent[-1].said is shown else _text(shown, content)
        return content, (
            f"[{_text(base.listed, content)},{_text(base.fixed, content)},[{told}],"
            f'"{base.marks}","{self.areas}",[{recent}],{last}]'
        )

    @classmethod
    def load(cls, subject: str, key: str, content: str, kept: str, open_from: int = 0) -> "Entry":
        """The inverse of `dump`; what sendings before number `open_from` said is folded."""
        listed, fixed, told, marks, areas, recent, shown = json.loads(kept)
        entry = cls(
            subject, key,
            State(_load(listed, content), _load(fixed, content), tuple([_said(one, content) for one in told]), marks),
            areas,
            [Heard(number, listed == 1, area, _said(said, content)) for number, listed, area, said in recent],
        )  # fmt: skip
        entry.shown = entry.recent[-1].said if shown == 1 else _load(shown, content)
        entry.settle(open_from)
        entry.replay()
        return entry


def _text(said: Said | None, content: str) -> str:
    if said is None:
        return "0"
    op, day, stated_us, line, id_, said_content = said
    if said_content == content and content:
        what = "1"
    else:
        what = json.dumps(said_content, ensure_ascii=False) if said_content else "0"
    return f'["{_LETTERS[op]}","{day}",{stated_us},{line},"{id_}",{what}]'


def _said(said: list[Any], content: str) -> Said:
    op, day, stated_us, line, id_, what = said
    return Said(_OPS[op], day, stated_us, line, id_, what if what.__class__ is str else content if what else "")


def _load(said: Any, content: str) -> Said | None:
    return _said(said, content) if said else None


@dataclass(frozen=True, slots=True)
class ListSaid:
    """One list that was applied: its scope, and about whom it said nothing."""

    period: str
    """The 年度, 年月 or 学年 it is whole for; empty: the whole feed."""
    area: str
    """The township's or village's code it is whole for; empty: the whole county."""
    as_of: date
    stated_at: datetime
    receipt: str
    readable: int
    """Its readable rows."""
    unread: frozenset[tuple[str, str | None]] = frozenset()
    """(subject, key) that could not be read; key None: all facts of the subject."""
    number: int = 0
    """Of its sending."""
    columns: tuple[str, ...] | None = None
    """The feed's own columns that it had; None: not known."""

    def could_read(self, fact: FactId) -> bool:
        """False when this list says nothing about the fact."""
        return not self.unread or (fact not in self.unread and (fact[0], None) not in self.unread)

    @property
    def at(self) -> tuple[date, datetime]:
        """Which of two lists of a scope is the newer one."""
        return self.as_of, self.stated_at
