"""The words every contract is made of: references, codes, amounts, periods, classes of data."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, PlainSerializer, StringConstraints, WithJsonSchema

PersonRef = Annotated[str, StringConstraints(pattern=r"^p1[a-z2-7]{26}$")]
"""Keyed pseudonym of an ID number (design.md 10)."""

HouseholdRef = Annotated[str, StringConstraints(pattern=r"^h1[a-z2-7]{26}$")]
"""Keyed pseudonym of a 户编号."""

CountyCode = Annotated[str, StringConstraints(pattern=r"^\d{6}$")]
VillageCode = Annotated[str, StringConstraints(pattern=r"^\d{12}$")]
Year = Annotated[str, StringConstraints(pattern=r"^\d{4}$")]
Month = Annotated[str, StringConstraints(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
SchoolYear = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{4}$")]
Text = Annotated[str, StringConstraints(max_length=200)]

NONE: Final = "无"
"""Stated to be none, where an empty cell says so (feeds.md, "How a cell is read"); `None` is *not stated*."""

DateOrNone = date | Literal["无"]
TextOrNone = Text | Literal["无"]
YesNo = Literal["是", "否"]


def plain_decimal(amount: Decimal) -> str:
    """An amount as text without exponent or trailing zeros, so that equal amounts are equal bytes."""
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _canonical(amount: Decimal) -> Decimal:
    canonical = Decimal(plain_decimal(amount))
    if "E" in str(canonical):
        raise ValueError("an amount of yuan is not given to less than a millionth")
    return canonical


_WRITTEN = r"^(?:0|[1-9]\d{0,13})(?:\.\d{0,5}[1-9])?$"

Yuan = Annotated[
    # Canonical text, which is how we write amounts ourselves, needs no second look: a fifth of the time of the rest.
    Annotated[str, StringConstraints(pattern=_WRITTEN), AfterValidator(Decimal)]
    | Annotated[Decimal, Field(ge=0, max_digits=20, allow_inf_nan=False), AfterValidator(_canonical)],
    Field(union_mode="left_to_right"),
    PlainSerializer(str, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^(?:0|[1-9]\d*)(?:\.\d*[1-9])?$"}),
]
"""An amount in yuan, never negative (feeds.md)."""


class Op(StrEnum):
    """What a word does to its fact."""

    STATE = "state"
    CORRECT = "correct"
    WITHDRAW = "withdraw"
    OMIT = "omit"

    @property
    def rank(self) -> int:
        """1 for what concerns an earlier statement, 0 for a statement or a list's silence (design.md 4.1)."""
        return int(self in (Op.CORRECT, Op.WITHDRAW))

    @property
    def says_so(self) -> bool:
        """True when the fact stands after this word."""
        return self in (Op.STATE, Op.CORRECT)


class DataClass(StrEnum):
    """How closely a fact is kept (trust.md D2)."""

    PSEUDONYMOUS = "P1"
    SENSITIVE = "P3"


class Purpose(StrEnum):
    """What a department has granted its facts for."""

    POVERTY_WATCH = "防止返贫监测"


class SubjectKind(StrEnum):
    """Whom a fact is about."""

    PERSON = "person"
    HOUSEHOLD = "household"
    VILLAGE = "village"
    COUNTY = "county"


class Shape(StrEnum):
    """Whether a feed sends the whole again or only what is new."""

    LIST = "list"
    INCREMENT = "increment"
