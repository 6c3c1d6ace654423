"""Kinds of column: a record class declares its columns with these, in the bureau's words."""

from collections.abc import Callable, Container
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any, Generic, Literal, NamedTuple, TypeVar, cast, get_args, overload

from contracts.vocabulary import NONE
from shouwang.kit.adapter import amounts, cells, dates
from shouwang.kit.adapter.table import Cell
from shouwang.kit.identity import Identity, birth_month

T = TypeVar("T")
W = TypeVar("W", bound=str)


class Person(NamedTuple):
    """Whom a row is about, as far as an adapter may know."""

    ref: str
    出生年月: str
    性别: str


class Home(NamedTuple):
    """Which household a row names, as far as an adapter may know."""

    ref: str
    order: str
    """Sorts as the 户编号 do (`contracts.civil_affairs.HouseholdMember`)."""


class Place(NamedTuple):
    """Which village a row is about; its code is public and its own reference."""

    ref: str


class Hidden(NamedTuple):
    """What a cell says, and a keyed hash to tell it by where it must not be named."""

    text: str
    digest: str


@dataclass(slots=True)
class Eyes:
    """What reading needs beside the cell; it also remembers the number behind each reference, for the vault."""

    county: str
    today: date
    zone: tzinfo
    identity: Identity
    confirmed: Container[str] = frozenset()
    """Numbers ending in 000 that an officer has confirmed."""
    units: dict[str, int] = field(default_factory=dict)
    """10,000 for columns whose header says 万元."""
    numbers: dict[str, str] = field(default_factory=dict)
    """Clear number by reference."""


class NotRead(LookupError):
    """A column that could not be read was asked for."""


class Column(Generic[T]):
    """A column: its attribute's name is the template's, the arguments are accepted aliases."""

    past = False
    """True when its value may not lie after `as_of`."""
    vault_only = False
    """True when its value goes to the vault and nowhere else."""
    general = False
    """True for what every feed may carry; its absence never holds a list."""
    absent: Any = None
    """What a file without the column says."""
    names_somebody = False
    """True when what it reads has a reference, whose number goes to the vault."""
    repeats = True
    """True when the same texts come again and again, so that what they were read as is worth remembering."""

    def __init__(self, *aliases: str) -> None:
        self.name = ""
        self.aliases = aliases

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, record: None, owner: type) -> "Column[T]": ...
    @overload
    def __get__(self, record: object, owner: type) -> T: ...
    def __get__(self, record: object | None, owner: type) -> "Column[T] | T":
        """The value read; only called when the record has none, for values live in its `__dict__`."""
        if record is None:
            return self
        raise NotRead(self.name)

    @property
    def names(self) -> tuple[str, ...]:
        """The template's name, then the aliases."""
        return (self.name, *self.aliases)

    def reader(self, _eyes: Eyes, /) -> Callable[[Cell], T]:
        """How a cell of this column is read in one sending; the function may raise `Unreadable`."""
        return self.parse

    def parse(self, cell: Cell, /) -> T:
        """A cell's value, for kinds that need nothing else."""
        raise NotImplementedError


class Text(Column[str | None]):
    """Free text; empty is not stated."""

    parse = staticmethod(cells.text_of)


class TextOrNone(Column[str | None]):
    """Free text; an empty cell says there is none."""

    def parse(self, cell: Cell, /) -> str | None:
        """Text, or 无."""
        return cells.text_of(cell) or NONE


class Several(Column[str | None]):
    """Several words separated by 、 in one cell; an empty cell says there are none."""

    def parse(self, cell: Cell, /) -> str | None:
        """The words joined by 、, or 无."""
        words = (word.strip() for word in (cells.text_of(cell) or "").split("、"))
        return "、".join(word for word in words if word) or NONE


class Diagnosis(Column[Hidden | None]):
    """Free text that names an illness: where it tells facts apart, its keyed hash does (trust.md D2, P3)."""

    def reader(self, eyes: Eyes, /) -> Callable[[Cell], Hidden | None]:
        """What it says, and the hash of it without spaces."""

        def read(cell: Cell) -> Hidden | None:
            text = cells.text_of(cell)
            return Hidden(text, "k1" + eyes.identity.digest(cells.compact(text))) if text else None

        return read


class Contact(Column[str | None]):
    """Free text that only the vault may know, such as a phone number; its absence never holds a list."""

    vault_only = True
    general = True

    def parse(self, cell: Cell, /) -> str | None:
        """Any text, as it stands."""
        text = cells.spelled(cell)[: cells.TEXT_LENGTH]
        return None if text in cells.NOT_STATED else text


class Aside(Text):
    """Free text a bureau may add; its absence never holds a list."""

    general = True


class Code(Column[str | None]):
    """A bureau's own number of a record; one that holds what could be an ID number becomes a digest."""

    def reader(self, eyes: Eyes, /) -> Callable[[Cell], str | None]:
        """Text without spaces, at most 80 characters."""

        def read(cell: Cell) -> str | None:
            code = cells.code_of(cell)
            return eyes.identity.digest(code) if code and cells.looks_personal(code) else code

        return read


class Count(Column[int | None]):
    """A whole number from 0; empty is not stated, never zero."""

    parse = staticmethod(amounts.count_of)


class Amount(Column[Decimal | None]):
    """Money in yuan; empty is not stated, never zero."""

    repeats = False

    def reader(self, eyes: Eyes, /) -> Callable[[Cell], Decimal | None]:
        """Yuan, by the unit of the header."""
        unit = eyes.units.get(self.name, 1)
        return amounts.reader(unit)


class AnyDate(Column[date | None]):
    """A day that may lie anywhere."""

    parse = staticmethod(dates.date_of)


class PastDate(AnyDate):
    """A day that may not lie after `as_of`."""

    past = True


class OpenDate(Column[date | Literal["无"] | None]):
    """A last day, which may lie ahead; an empty cell says there is none."""

    def parse(self, cell: Cell, /) -> date | Literal["无"] | None:
        """A day, or 无."""
        return dates.date_of(cell) or NONE


class PastOpenDate(OpenDate):
    """A last day that may not lie after `as_of`; an empty cell says there is none."""

    past = True


class Moment(Column[datetime | None]):
    """A date (its midnight) or a date and time, in the installation's zone."""

    def reader(self, eyes: Eyes, /) -> Callable[[Cell], datetime | None]:
        """An aware moment."""
        return lambda cell: dates.moment_of(cell, eyes.zone)


class Year(Column[str | None]):
    """A calendar year, `2026`."""

    parse = staticmethod(dates.year_of)


class Month(Column[str | None]):
    """A month, `2026-04`, that may not begin after `as_of`."""

    past = True
    parse = staticmethod(dates.month_of)


class SchoolYear(Column[str | None]):
    """A school year, `2025-2026`."""

    parse = staticmethod(dates.school_year_of)


class _Closed(Column[T]):
    """A word of the contract's closed list, which is the type the column was made with."""

    @property
    def choices(self) -> tuple[str, ...]:
        """The closed list."""
        (words,) = get_args(self.__orig_class__)  # type: ignore[attr-defined]
        return cast("tuple[str, ...]", get_args(words))

    def reader(self, _eyes: Eyes, /) -> Callable[[Cell], T]:
        """One of the choices, else what an empty cell says."""
        choices, otherwise = self.choices, self.absent
        return lambda cell: cast("T", cells.choice_of(cell, choices) or otherwise)


class Choice(_Closed[W | None], Generic[W]):
    """A word of a closed list, `Choice[education.Stage]()`; empty is not stated."""


class ChoiceElse(_Closed[W], Generic[W]):
    """A word of a closed list where an empty cell says a certain one: `ChoiceElse[Change]("在户")`."""

    def __init__(self, otherwise: W, *aliases: str) -> None:
        super().__init__(*aliases)
        self.absent = otherwise


class ChoiceOrNone(_Closed[W | None], Generic[W]):
    """A word of a closed list that has 无 among its words, which is what an empty cell says."""

    def reader(self, _eyes: Eyes, /) -> Callable[[Cell], W | None]:
        """One of the choices, or 无."""
        choices = self.choices
        return lambda cell: cast("W", cells.choice_of(cell, choices) or NONE)


class Village(Column[str | None]):
    """村代码: 12 digits within the county; it is also the village's reference."""

    def reader(self, eyes: Eyes, /) -> Callable[[Cell], str | None]:
        """A village's code."""
        return lambda cell: cells.village_of(cell, eyes.county)


class VillagePlace(Column[Place | None]):
    """村代码 where a row is about the village."""

    def reader(self, eyes: Eyes, /) -> Callable[[Cell], Place | None]:
        """The village it names."""

        def read(cell: Cell) -> Place | None:
            code = cells.village_of(cell, eyes.county)
            return Place(code) if code else None

        return read


class HouseholdNumber(Column[Home | None]):
    """户编号, which leaves this column only as a reference."""

    names_somebody = True

    def reader(self, eyes: Eyes, /) -> Callable[[Cell], Home | None]:
        """The household it names."""

        def read(cell: Cell) -> Home | None:
            number = cells.household_of(cell)
            if number is None:
                return None
            home = Home(eyes.identity.household(number), eyes.identity.order(number))
            eyes.numbers[home.ref] = number
            return home

        return read


class PersonNumber(Column[Person]):
    """An ID number, which leaves this column only as a reference, a birth month and a sex."""

    names_somebody = True
    repeats = False

    def reader(self, eyes: Eyes, /) -> Callable[[Cell], Person]:
        """The person it names; a missing one is `id_missing`."""
        whole, person, numbers = cells.person_reader(eyes.today, eyes.confirmed), eyes.identity.person, eyes.numbers
        months = _Months()

        def read(cell: Cell) -> Person:
            number = whole(cell)
            ref = person(number)
            numbers[ref] = number
            return Person(ref, months[number[6:12]], "男" if number[16] in "13579" else "女")

        return read


class _Months(dict[str, str]):
    def __missing__(self, digits: str) -> str:
        month = self[digits] = birth_month("000000" + digits)
        return month
