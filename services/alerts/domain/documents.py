"""The shapes of the rulebook's files: what each key means and which are required."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Filled = Annotated[str, Field(min_length=1)]
CASE_DAY = date(2026, 6, 15)
"""The judged day of a case that names none."""


class Shape(BaseModel):
    """Every file is closed: a key nobody reads is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class CaseFile(Shape):
    """A worked case: who lives there, what was stated, and what must come out.

    `given` rows name `fact` (`health.self_paid_year`), `who` (a person, 户 or 村) and the fact's own fields.
    People of `given` who are not in `people` were born on 1980-01-01.
    """

    name: Filled
    result: Filled
    """A signal: hit, miss or cannot_tell for `who`. A rule: a level, miss or cannot_tell."""
    today: date = CASE_DAY
    who: str = ""
    class_: str | None = Field(default=None, alias="class")
    people: dict[str, date] = {}
    given: list[dict[str, Any]] = []
    received: list[tuple[str, str]] = []
    """Lists that came: (fact, period), an empty period for the whole feed."""
    suppressed: bool = False
    cannot_tell: list[str] | None = None


class Document(Shape):
    """What a signal and a rule have in common: who stands for it, and until when."""

    version: int = 1
    title: Filled
    basis: Filled
    owner: Filled
    author: Filled
    approved_by: Filled
    review_by: date
    when: Filled
    case: list[CaseFile] = []


class SignalFile(Document):
    """signals/*.toml."""

    risk: Filled
    for_each: Literal["person", "household", "village"]
    says: Filled
    on: str = ""
    """The day the signal dates from, for `apart`."""


class LevelFile(Shape):
    """One level of a rule; without `when` it holds whenever the rule does."""

    level: Filled
    when: str = ""


class RuleFile(Document):
    """rules/*.toml; its subject is a household unless it says a village."""

    for_each: Literal["household", "village"] = "household"
    level: Annotated[list[LevelFile], Field(min_length=1)]
    suppressed_when: str = ""


class LineFile(Shape):
    """One value of a parameter."""

    value: Decimal
    valid_from: date
    class_: str = Field(default="", alias="class")
    place: str = ""
    source: str = ""


class ParameterFile(Shape):
    """One table of parameters.toml; `unit` is 元 or 倍."""

    title: Filled
    unit: Literal["元", "倍"]
    source: Filled
    yearly: bool = False
    """A line of its own is expected every year; without one the last counts, and sentences say so."""
    line: Annotated[list[LineFile], Field(min_length=1)]


class LevelOfCounty(Shape):
    """A level, its name and its colour; there is no national standard (docs/domain.md 4.12)."""

    id: Filled
    title: Filled
    colour: Filled


class ClassFile(Shape):
    """A class of households, by a condition; the first that is known to hold counts."""

    name: Filled
    when: Filled


class TermFile(Shape):
    """A phrase of the county's own."""

    name: Filled
    args: list[str]
    title: Filled
    means: Filled


class GroupFile(Shape):
    """Several signals under one name, for rules to count."""

    name: Filled
    title: Filled
    signals: Annotated[list[str], Field(min_length=1)]


class CountyFile(Shape):
    """county.toml."""

    roster: Filled
    rest_days: int = Field(ge=0)
    waiting_days: int = Field(default=3, ge=0)
    """Working days after which a fact that waits for its household is shown to the county."""
    release_budget: int = Field(default=10, ge=1)
    """Standing alerts released to the queues per township and day when a county opens."""
    other_class: Filled
    level: Annotated[list[LevelOfCounty], Field(min_length=1)]
    class_: list[ClassFile] = Field(default=[], alias="class")
    term: list[TermFile] = []
    group: list[GroupFile] = []
    reads_as: dict[str, str] = {}
    """How a field is called in sentences: `health.self_paid_year.个人自付` = 累计自付."""


class QueueFile(Shape):
    """Whose queue a level lands in, due in how many working days, and who reviews."""

    level: str = ""
    rule: str = ""
    to: Literal["village", "township", "county"]
    working_days: int = Field(ge=1)
    review: Literal["township", "county"]


class QueuesFile(Shape):
    """queues.toml; the first queue that fits an alert by its rule, else by its level."""

    queue: Annotated[list[QueueFile], Field(min_length=1)]


class CalendarFile(Shape):
    """calendar/<year>.toml: days off on working days, and working days at weekends, as announced."""

    year: int
    source: Filled
    days_off: list[date]
    working_days: list[date]
