"""What a department declares: its records in its own words, and per feed the function that turns one into a fact."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from types import ModuleType
from typing import Any, ClassVar, Literal, TypeVar, get_type_hints

from contracts.catalogue import LIAISONS, TITLES, facts_of
from contracts.facts import Fact
from contracts.rhythm import Rhythm
from contracts.vocabulary import Shape, SubjectKind
from shouwang.kit.adapter.columns import (
    AnyDate,
    Choice,
    Column,
    HouseholdNumber,
    Moment,
    PersonNumber,
    Text,
    VillagePlace,
)

Change = Literal["新增", "更正", "撤回"]
R = TypeVar("R", bound="Record")
F = TypeVar("F", bound=Fact)


class DeclarationRefused(TypeError):
    """A department's declaration that does not agree with its contract, in one sentence."""


class Record:
    """One row in the bureau's words; a subclass declares the columns, an instance holds what was read."""

    subject_kind: ClassVar[SubjectKind]
    subject_column: ClassVar[str]
    """The column that says whom a row is about."""
    name_column: ClassVar[str]
    """The column with the name that goes to the vault; empty: there is none."""

    数据日期 = AnyDate("截止日期")
    操作 = Choice[Change]("变更类型")
    报送时间 = Moment()

    @classmethod
    def columns(cls) -> dict[str, Column[Any]]:
        """All columns by name: whom it is about, the feed's own, then the general ones."""
        found: dict[str, Column[Any]] = {}
        for owner in (*(one for one in reversed(cls.__mro__) if one is not Record), Record):
            found |= {name: column for name, column in vars(owner).items() if isinstance(column, Column)}
        return found

    @classmethod
    def own_columns(cls) -> tuple[str, ...]:
        """The feed's own columns, whose absence can hold a list (docs/feeds.md, "Held")."""
        general = {*vars(Record), *vars(PersonRecord)}
        return tuple(name for name, column in cls.columns().items() if name not in general and not column.general)


class PersonRecord(Record):
    """A row about a person."""

    subject_kind = SubjectKind.PERSON
    subject_column = "身份证号"
    name_column = "姓名"

    姓名 = Text()
    身份证号 = PersonNumber("证件号码", "公民身份号码", "身份证号码")


class HouseholdRecord(Record):
    """A row about a household."""

    subject_kind = SubjectKind.HOUSEHOLD
    subject_column = "户编号"
    name_column = ""

    户编号 = HouseholdNumber()


class VillageRecord(Record):
    """A row about a village; it names nobody."""

    subject_kind = SubjectKind.VILLAGE
    subject_column = "村代码"
    name_column = ""

    村代码 = VillagePlace()


@dataclass(frozen=True, slots=True)
class Key:
    """What tells two facts about one subject apart."""

    of: Callable[[Any, date], str | None]
    """From a record and its `as_of`; None: missing. It may ask for columns that could not be read."""
    columns: tuple[str, ...] = ()
    """Those it is made of; the first empty one is named when it is missing."""
    needs: tuple[str, ...] = ()
    """A file has at least one of these; empty: none is needed."""


PLAIN = Key(lambda _record, _as_of: "")
"""The key of a plain state: there is one fact a subject."""


def column_key(name: str) -> Key:
    """The value of one column."""
    return Key(lambda record, _as_of: getattr(record, name), (name,), (name,))


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed of a department: what it is called, what its rows look like, which fact they state."""

    department: str
    name: str
    fact: type[Fact]
    record: type[Record]
    state: Callable[[Any], Fact]
    """Turns a record into the fact it states."""
    key: Key

    @property
    def shape(self) -> Shape:
        """List or increment, as the contract says."""
        return self.fact.meta.shape

    @property
    def rhythm(self) -> Rhythm:
        """When it is due, as the contract says."""
        return self.fact.meta.rhythm

    @property
    def type(self) -> str:
        """`education.school_absence.v1`."""
        return self.fact.meta.type

    @property
    def title(self) -> str:
        """疑似辍学台账."""
        return self.fact.meta.title

    @property
    def period(self) -> str:
        """The column that is key and scope of a list; empty: the whole feed is the scope."""
        return self.fact.meta.period

    def needed(self) -> Iterator[tuple[str, ...]]:
        """Columns a file must have, one of each group (docs/feeds.md: "A file without the ID or key column")."""
        yield (self.record.subject_column,)
        if self.key.needs:
            yield self.key.needs


@dataclass
class Adapter:
    """A department's declaration; `complete` refuses one that leaves a fact of its contract unstated."""

    department: str
    contract: ModuleType
    feeds: dict[str, Feed] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """教育体育局."""
        return TITLES[self.department]

    @property
    def liaison(self) -> str:
        """The office that answers questions, 教育体育局 学籍科."""
        return LIAISONS[self.department]

    def feed(self, name: str, record: type[R], *, key: Key | str) -> Callable[[Callable[[R], F]], Callable[[R], F]]:
        """Declare a feed by the function that turns one of its records into a fact; shape and rhythm are the fact's."""

        def declare(state: Callable[[R], F]) -> Callable[[R], F]:
            fact = get_type_hints(state)["return"]
            telling = column_key(key) if isinstance(key, str) else key
            made = Feed(self.department, name, fact, record, state, telling)
            self._check(made)
            self.feeds[name] = made
            return state

        return declare

    def complete(self) -> "Adapter":
        """The adapter itself, if every fact of its contract has a feed; else DeclarationRefused."""
        stated = {feed.fact for feed in self.feeds.values()}
        for fact in facts_of(self.contract):
            if fact not in stated:
                raise DeclarationRefused(f"{self.department}: contract states {fact.__name__}, but no feed returns it.")
        return self

    def _check(self, feed: Feed) -> None:
        if feed.fact not in facts_of(self.contract):
            self._refuse(feed, f"returns {feed.fact.__name__}, which its contract does not state")
        meta = feed.fact.meta
        columns = feed.record.columns()
        names = [name for column in columns.values() for name in column.names]
        complaints = {
            f"states {meta.type}, so it is called {meta.feed}": meta.feed == feed.name,
            f"has rows about a {feed.record.subject_kind}, but the contract says {meta.subject}": meta.subject
            == feed.record.subject_kind,
            f"needs a column {meta.period}": not meta.period or meta.period in columns,
            "has two columns of one name": len(names) == len(set(names)),
            "has a key of columns it does not have": all(name in columns for name in feed.key.columns),
            "has a key, but the contract says none": bool(meta.key) or not feed.key.columns,
            f"needs a key, the contract's {meta.key}": not meta.key or bool(feed.key.columns),
        }
        for complaint, fine in complaints.items():
            if not fine:
                self._refuse(feed, complaint)

    def _refuse(self, feed: Feed, complaint: str) -> None:
        raise DeclarationRefused(f"{self.department}: feed {feed.name} {complaint}.")
