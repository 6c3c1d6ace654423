"""Statements and what is kept of them per fact: the register's data, and how it is written down."""

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from contracts.vocabulary import Op

MARK = 13
_CORRECT, _WITHDRAW = Op.CORRECT, Op.WITHDRAW

FactId = tuple[str, str]
"""(subject, key): one fact of one feed of one county."""


class Order(NamedTuple):
    """Where a statement stands; the greatest of a fact is what stands (docs/feeds.md)."""

    as_of: date
    rank: int
    stated_at: datetime
    line: int
    id: str


class Said(NamedTuple):
    """One statement of a fact; `content` is the fact as canonical JSON, empty when it is taken back."""

    op: Op
    as_of: date
    stated_at: datetime
    line: int
    id: str
    content: str

    @property
    def order(self) -> Order:
        """Its place among all statements of the fact."""
        firm = self.op is _CORRECT or self.op is _WITHDRAW  # Op.rank says the same, ten times slower
        return Order(self.as_of, int(firm), self.stated_at, self.line, self.id)

    @property
    def mark(self) -> str:
        """Enough of its id (65 bits) to tell it from the other statements of the same fact."""
        return self.id[:MARK]

    def dump(self) -> list[Any]:
        """As JSON."""
        return [self.op.value, self.as_of.isoformat(), self.stated_at.isoformat(), self.line, self.id, self.content]

    @classmethod
    def load(cls, said: list[Any]) -> "Said":
        """The inverse of `dump`."""
        op, as_of, stated_at, line, id_, content = said
        return cls(Op(op), date.fromisoformat(as_of), datetime.fromisoformat(stated_at), line, id_, content)


@dataclass(slots=True)
class Entry:
    """What the register keeps of one fact; every statement is either here or can never matter again."""

    subject: str
    key: str
    listed: Said | None = None
    """The newest of what lists said of it, their silence included as far as it was noticed."""
    fixed: Said | None = None
    """The newest 更正 or 撤回."""
    told: list[Said] = field(default_factory=list)
    """新增 of increments, each at its earliest 报送时间, as far as it may still be the newest."""
    heard: set[str] = field(default_factory=set)
    """Marks of all other 新增 ever stated, so that a repeat is known as one."""
    shown: Said | None = None
    """The word published last: what alerts goes by."""

    @property
    def fact(self) -> FactId:
        """(subject, key)."""
        return self.subject, self.key

    @property
    def stands(self) -> bool:
        """True when the fact stands by the last published word."""
        return self.shown is not None and self.shown.op.says_so

    def newest(self) -> Said | None:
        """The newest statement noticed so far."""
        if not self.told and self.fixed is None:
            return self.listed
        return max(
            (said for said in (self.listed, self.fixed, *self.told) if said is not None),
            key=lambda said: said.order,
            default=None,
        )

    def repeat(self, said: Said) -> bool:
        """True when this 新增 was told before; of its 报送时间 the earliest counts."""
        for at, known in enumerate(self.told):
            if known.id == said.id:
                if said.order < known.order:
                    self.told[at] = said
                return True
        return False

    def named(self, said: Said) -> None:
        """A list says it too: what increments told in the same words is then never newer than the list."""
        self.told = [known for known in self.told if known.id != said.id]
        self.heard.add(said.mark)

    def prune(self) -> None:
        """Forget the content of what can never be the newest again.

        What lists, corrections and withdrawals say keeps its place for good; a repeat can move a 新增 to an earlier
        报送时间, but not to another day, so only those of the latest day may yet matter.
        """
        if not self.told:
            return
        floor = max((said.order for said in (self.listed, self.fixed) if said is not None), default=None)
        day = max((said.as_of for said in self.told), default=None)
        kept = [said for said in self.told if said.as_of == day and (floor is None or said.order > floor)]
        if len(kept) < len(self.told):
            self.heard |= {said.mark for said in self.told if said not in kept}
            self.told = kept

    def dump(self) -> str:
        """As JSON text, for a store."""
        return json.dumps(
            {
                "listed": self.listed and self.listed.dump(),
                "fixed": self.fixed and self.fixed.dump(),
                "told": [said.dump() for said in self.told],
                "heard": sorted(self.heard),
                "shown": self.shown and self.shown.dump(),
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )

    @classmethod
    def load(cls, subject: str, key: str, text: str) -> "Entry":
        """The inverse of `dump`."""
        kept = json.loads(text)
        return cls(
            subject,
            key,
            kept["listed"] and Said.load(kept["listed"]),
            kept["fixed"] and Said.load(kept["fixed"]),
            [Said.load(said) for said in kept["told"]],
            set(kept["heard"]),
            kept["shown"] and Said.load(kept["shown"]),
        )


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

    def could_read(self, fact: FactId) -> bool:
        """False when this list says nothing about the fact."""
        return fact not in self.unread and (fact[0], None) not in self.unread

    @property
    def at(self) -> tuple[date, datetime]:
        """Which of two lists of a scope is the newer one."""
        return self.as_of, self.stated_at


def newer(one: Said | None, other: Said) -> Said:
    """The newer of two statements."""
    return other if one is None or one.order < other.order else one
