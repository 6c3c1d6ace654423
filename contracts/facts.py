"""Fact: one thing a department states about one subject, and how a class declares what it is."""

from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from contracts.rhythm import Rhythm
from contracts.vocabulary import DataClass, Purpose, Shape, SubjectKind


@dataclass(frozen=True, slots=True)
class FactMeta:
    """What a contract says of a fact beside its fields."""

    type: str
    title: str
    subject: SubjectKind
    shape: Shape
    rhythm: Rhythm
    key: str
    """The business key in words, e.g. "台账编号 (else school year)"; empty for a plain state."""
    period: str = ""
    """The field that is both key and scope of a list: 年度, 年月 or 学年; empty: the whole feed is the scope."""
    own_date: str = ""
    """The field by which the newest of several keys is found (rulepack.md); empty where there is one key."""
    purposes: frozenset[Purpose] = frozenset({Purpose.POVERTY_WATCH})
    retention_days: int = 3 * 365
    data_class: DataClass = DataClass.SENSITIVE

    @property
    def department(self) -> str:
        """`education` of `education.school_absence.v1`."""
        return self.type.split(".")[0]

    @property
    def feed(self) -> str:
        """`school_absence` of `education.school_absence.v1`."""
        return self.type.split(".")[1]

    @property
    def name(self) -> str:
        """`education.school_absence` of `education.school_absence.v1`: how rule documents call it."""
        return self.type.rsplit(".", 1)[0]


class Fact(BaseModel):
    """The payload of a word. A field that is `None` is not stated."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="constants")
    meta: ClassVar[FactMeta]

    def __init_subclass__(cls, meta: FactMeta | None = None, **_: Any) -> None:
        """Takes the declaration out of the class keywords, which pydantic passes on."""

    @classmethod
    def __pydantic_init_subclass__(cls, meta: FactMeta | None = None, **_: Any) -> None:
        if meta is None:
            raise TypeError(f"{cls.__name__}: a fact declares its meta, e.g. class X(Fact, meta=FactMeta(...))")
        named = [field for field in (meta.period, meta.own_date) if field and field not in cls.model_fields]
        if named:
            raise TypeError(f"{meta.type}: declares {', '.join(named)}, but has no such field")
        cls.meta = meta

    def content(self) -> str:
        """The payload as canonical JSON: equal facts are equal text."""
        # What model_dump_json does, without its dozen arguments: every word of every county comes through here.
        return self.__pydantic_serializer__.to_json(self, exclude_none=True).decode()
