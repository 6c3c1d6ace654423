"""What goes into the register and what comes out: a sending, the view of what is kept, the outcome."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple, Protocol

from contracts.sending import SendingClosed
from contracts.vocabulary import Op, Shape
from shouwang.kit.adapter.statements import Entry, FactId, ListSaid, Said


class Trouble(NamedTuple):
    """Why a row, or a whole sending, cannot be taken: column, code, kind of value found, what to do."""

    line: int
    column: str
    reason: str
    kind: str
    hint: str


class Warned(NamedTuple):
    """Something worth a look that rejects nothing."""

    line: int
    column: str
    reason: str


@dataclass(slots=True)
class Row:
    """One row as far as it could be read; a rejected row keeps whichever of subject, key and name could be.

    Nothing in it can be read back to a person: subject and name are keyed hashes.
    """

    line: int
    subject: str | None
    key: str | None
    name: str
    """`identity.name` of its 姓名; empty when there is none."""
    op: Op
    """STATE (新增), CORRECT (更正) or WITHDRAW (撤回)."""
    as_of: date
    stated_at: datetime | None
    """Its own 报送时间; None: the moment of receipt counts."""
    content: str
    """The fact as canonical JSON; empty for 撤回 and for rejected rows."""
    trouble: Trouble | None = None


class Span(NamedTuple):
    """A range of subjects, as they sort."""

    low: str
    high: str | None
    """The first beyond it; None: to the end."""


EVERYBODY = Span("", None)
NOBODY = Span("", "")


class Portion(NamedTuple):
    """Rows of a sending that can be taken by themselves: all of those whose subjects lie in the span."""

    span: Span
    rows: Sequence[Row]


@dataclass(slots=True)
class Sending:
    """One sending of one feed, read and ready for the register."""

    receipt: str
    county: str
    type: str
    shape: Shape
    as_of: date
    """A list's day; for an increment the latest of its rows, else the day it would have been."""
    stated_at: datetime
    """A list's: the latest 报送时间 of its rows; else the moment of receipt."""
    rows: Sequence[Row] = ()
    area: str = ""
    columns: tuple[str, ...] = ()
    """The feed's own columns that it had."""
    digest: str = ""
    """Hash of its bytes; empty: repeats are not looked for."""
    confirmed: bool = False
    """True when the county has confirmed it: nothing holds it any more."""
    number: int = 0
    """Numbers of sendings rise in the order in which they came."""
    open_from: int = 0
    """Sendings with a smaller number can no longer be taken back."""
    periods: frozenset[str] = frozenset()
    """The keys of the rows, where the key is the period; needed with `portions`."""
    portions: Callable[[], Iterable[Portion]] | None = None
    """Gives the rows of a long sending, in place of `rows`; as often as it is asked."""

    def in_portions(self) -> Iterable[Portion]:
        """All rows."""
        return self.portions() if self.portions else (Portion(EVERYBODY, self.rows),)


class View(Protocol):
    """What is kept of one feed of one county; every call is for many, so that a store needs few queries."""

    def entries(self, facts: Collection[FactId]) -> Mapping[FactId, Entry]:
        """The entries of these facts, as far as there are any. They are the caller's to change."""
        ...

    def scope(self, period: str, span: Span) -> Mapping[FactId, Entry]:
        """The entries of a list's scope (key = period; empty: all of the feed) in a span, whether they stand or not."""
        ...

    def lists(self, periods: Collection[str]) -> Mapping[str, Sequence[ListSaid]]:
        """The applied lists of each period, in the order in which they were."""
        ...

    def all_lists(self) -> Sequence[ListSaid]:
        """The applied lists of all periods."""
        ...

    def columns(self) -> frozenset[str] | None:
        """The columns of the feed's last applied list; None before the first."""
        ...

    def bearers(self, names: Collection[str]) -> Mapping[str, frozenset[str]]:
        """The subjects that have borne each name in this department's own rows, of whatever feed."""
        ...

    def names(self, subjects: Collection[str], span: Span) -> Mapping[str, frozenset[str]]:
        """The names each subject, all of them in the span, has borne in this department's own rows, of any feed."""
        ...

    def repeats(self, digest: str, shape: Shape, as_of: date) -> bool:
        """True when the same bytes came for this feed, shape and day before and were not refused, held or discarded."""
        ...


class Verdict(StrEnum):
    """What became of a row; the first that fits (docs/feeds.md, "Counting")."""

    REJECTED = "rejected"
    DUPLICATE = "duplicate"
    SUPERSEDED = "superseded"
    UNCHANGED = "unchanged"
    ACCEPTED = "accepted"


class Change(NamedTuple):
    """A word to publish: what stands of a fact from now on."""

    subject: str
    key: str
    said: Said

    @property
    def op(self) -> Op:
        """What the word does to its fact."""
        return self.said.op

    @property
    def as_of(self) -> date:
        """The day it holds for."""
        return self.said.as_of

    @property
    def stated_at(self) -> datetime:
        """When it was said."""
        return self.said.stated_at

    @property
    def line(self) -> int:
        """Of the row; 0 for a list's silence."""
        return self.said.line

    @property
    def id(self) -> str:
        """From what it says."""
        return self.said.id

    @property
    def content(self) -> str:
        """The fact as canonical JSON; empty for withdraw and omit."""
        return self.said.content


@dataclass(slots=True)
class Piece:
    """What one portion of a sending amounts to; all of it is stored in one transaction, or nothing."""

    verdicts: dict[int, Verdict] = field(default_factory=dict)
    """By line."""
    troubles: list[Trouble] = field(default_factory=list)
    """Of the rejected rows; conflicts included."""
    warnings: list[Warned] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    """Words to publish, one per fact that changed."""
    entries: list[Entry] = field(default_factory=list)
    """Entries to store, new or changed; one whose `shown` says so stands."""
    names: list[tuple[str, str]] = field(default_factory=list)
    """(subject, name) to store that were not known."""


@dataclass(slots=True)
class Outcome(Piece):
    """What a whole sending amounts to; where it is taken in portions, the lists above are in its pieces."""

    counts: dict[str, int] = field(default_factory=dict)
    """received accepted unchanged superseded duplicate rejected withdrawn doubtful."""
    lists: list[ListSaid] = field(default_factory=list)
    """Lists to store, one per scope; empty for an increment."""
    held_because: tuple[str, ...] = ()
    """Sentences; not empty: nothing else of this outcome is to be stored."""
    refused: Trouble | None = None
    """Not None: the sending says nothing and nothing else of this outcome is to be stored."""
    repeated: bool = False
    """The same bytes again: all rows duplicate, nothing changes."""
    closed: SendingClosed | None = None
    """What closes the sending; published last, with the sending's `as_of` and `stated_at`."""

    def add(self, piece: Piece) -> None:
        """Take in what a portion amounts to."""
        self.verdicts |= piece.verdicts
        for name in ("troubles", "warnings", "changes", "entries", "names"):
            getattr(self, name).extend(getattr(piece, name))
