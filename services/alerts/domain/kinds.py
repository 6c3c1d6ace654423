"""Kinds: the static types of the condition language, and which kind each field of a contract is."""

import types
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from contracts.catalogue import FACTS
from contracts.facts import Fact
from contracts.vocabulary import NONE, DateOrNone, Month, SchoolYear, SubjectKind, Year, Yuan


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value of a condition is; `title` is for people, `words` a closed list, `fact` what a fact is of."""

    name: str
    title: str
    fact: type[Fact] | None = None
    words: frozenset[str] | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Kind) and (self.name, self.fact) == (other.name, other.fact)

    def __hash__(self) -> int:
        return hash((self.name, self.fact))


ANSWER = Kind("answer", "条件")
AMOUNT = Kind("amount", "金额")
BALANCE = Kind("balance", "金额之差")
NUMBER = Kind("number", "数")
COUNT = Kind("count", "个数")
DATE = Kind("date", "日期")
MONTH = Kind("month", "年月")
YEAR = Kind("year", "年度")
SCHOOL_YEAR = Kind("school_year", "学年")
TEXT = Kind("text", "文字")
PERSON = Kind("person", "人")
HOUSEHOLD = Kind("household", "户")
VILLAGE = Kind("village", "村")
MEMBERS = Kind("members", "家庭成员")
MONTHS = Kind("months", "几个月")
NUMERIC = frozenset({AMOUNT, BALANCE, NUMBER, COUNT})
ORDERED = NUMERIC | {DATE, MONTH, YEAR, SCHOOL_YEAR}
SUBJECTS = {SubjectKind.PERSON: PERSON, SubjectKind.HOUSEHOLD: HOUSEHOLD, SubjectKind.VILLAGE: VILLAGE}

_WORDS = ((Yuan, AMOUNT), (Year, YEAR), (Month, MONTH), (SchoolYear, SCHOOL_YEAR), (DateOrNone, DATE))


def fact(of: type[Fact]) -> Kind:
    """One fact."""
    return Kind("fact", of.meta.title, of)


def facts(of: type[Fact]) -> Kind:
    """All facts of a type about one subject."""
    return Kind("facts", of.meta.title, of)


def fact_named(subject: Kind, feed: str) -> type[Fact] | None:
    """The fact a subject's feed states: `person.school_absence` names `education.school_absence.v1`."""
    found = [one for one in FACTS.values() if one.meta.feed == feed and SUBJECTS.get(one.meta.subject) == subject]
    return found[0] if len(found) == 1 else None


def feeds_of(subject: Kind) -> list[str]:
    """Every feed about such a subject."""
    return sorted(one.meta.feed for one in FACTS.values() if SUBJECTS.get(one.meta.subject) == subject)


@cache
def fields(of: type[Fact]) -> dict[str, Kind]:
    """The fields of a fact and their kinds."""
    hints = get_type_hints(of, include_extras=True)
    return {name: _kind(hints[name]) for name in of.model_fields}


def _kind(annotation: Any) -> Kind:
    for word, kind in _WORDS:
        if annotation == word:
            return kind
    if get_origin(annotation) is Annotated:
        return _kind(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        kinds = [_kind(one) for one in get_args(annotation) if one is not type(None)]
        said = [kind for kind in kinds if kind.words != frozenset((NONE,))]
        return DATE if DATE in kinds else (said or kinds)[0]
    if get_origin(annotation) is Literal:
        words = frozenset(get_args(annotation))
        of = NUMBER if all(isinstance(word, int) for word in words) else TEXT
        return Kind(of.name, of.title, words=words)
    return {Decimal: AMOUNT, int: NUMBER, date: DATE}.get(annotation, TEXT)


def none_is_stated(of: type[Fact], name: str) -> bool:
    """True for a field that can say 无, "there is none" (docs/feeds.md, "How a cell is read")."""
    return NONE in _literals(of.model_fields[name].annotation)


def _literals(annotation: Any) -> set[Any]:
    if get_origin(annotation) is Literal:
        return set(get_args(annotation))
    return {word for one in get_args(annotation) for word in _literals(one)}
