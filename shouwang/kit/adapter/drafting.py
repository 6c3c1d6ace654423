"""The content of a fact straight from a row: the canonical JSON its model would write, without making the model.

A feed's function says `education.SchoolAbsence(年级=row.年级, …)`. Here the very same function is run where that name
stands for a writer, which puts the fields into text one by one; each field's value is checked and written by its own
part of the model, and what was written is remembered, because bureaus repeat themselves. Whatever is not as simple as
that (another function makes the fact, the model has validators of its own, a value the model refuses) is left to the
model: a test holds the two equal for every feed.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from json.encoder import encode_basestring
from types import FunctionType, ModuleType
from typing import Annotated, Any, Final, get_args

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticUndefined

from contracts.facts import Fact

REMEMBERED: Final = 20_000
"""Values of one field whose text is kept; beyond them it is written anew each time."""

Content = Callable[[Any], str]
"""From a record to the canonical JSON of its fact; raises pydantic.ValidationError."""


def content_of(state: Callable[[Any], Fact], fact: type[Fact]) -> Content:
    """How the content of a feed's rows is written."""
    if not isinstance(state, FunctionType) or state.__closure__ or not _simple(fact):
        return lambda record: state(record).content()
    draft = _Draft(fact)
    named = {name: _drawn(value, fact, draft) for name, value in state.__globals__.items()}
    drawing = FunctionType(state.__code__, named, state.__name__, state.__defaults__)
    drawing.__kwdefaults__ = state.__kwdefaults__

    def content(record: Any) -> str:
        try:
            said: str | Fact = drawing(record)
        except ValidationError:
            said = state(record)  # says which field it was
        return said if isinstance(said, str) else said.content()

    return content


def _simple(fact: type[Fact]) -> bool:
    """True for a model that is no more than its fields."""
    own = fact.__pydantic_decorators__
    validators = (own.validators, own.field_validators, own.root_validators, own.model_validators)
    writers = (own.field_serializers, own.model_serializers, own.computed_fields)
    aliased = any(field.alias or field.default_factory for field in fact.model_fields.values())
    return not any((*validators, *writers)) and not aliased


def _drawn(value: Any, fact: type[Fact], draft: "_Draft") -> Any:
    if value is fact:
        return draft
    if isinstance(value, ModuleType) and getattr(value, fact.__name__, None) is fact:
        return _Contract(value, fact.__name__, draft)
    return value


class _Contract:
    """A contract module in which one fact's name stands for its writer."""

    def __init__(self, module: ModuleType, name: str, draft: "_Draft") -> None:
        self.__dict__.update(vars(module))
        self.__dict__[name] = draft


class _Draft:
    """Stands where a fact's class would be called."""

    def __init__(self, fact: type[Fact]) -> None:
        self._fact = fact
        self._fields = tuple(
            (name, field.default, _writer(name, field, fact)) for name, field in fact.model_fields.items()
        )
        self._names = frozenset(fact.model_fields)

    def __call__(self, **said: Any) -> Any:
        parts = []
        for name, default, write in self._fields:
            value = said.get(name, default)
            if value is not None:
                if value is PydanticUndefined:
                    return self._fact(**said)
                parts.append(write(value))
        if not self._names.issuperset(said):
            return self._fact(**said)
        return "{" + ",".join(parts) + "}"


def _writer(name: str, field: Any, fact: type[Fact]) -> Callable[[Any], str]:
    head = encode_basestring(name) + ":"
    known = _Known(head, name, fact)
    if Decimal not in _parts(field.annotation):
        return known.__getitem__

    plain = _PLAIN.fullmatch

    def amount(value: Any) -> str:
        text = str(value)
        if value.__class__ is Decimal and plain(text):
            return f'{head}"{text.rstrip("0").rstrip(".")}"' if "." in text else f'{head}"{text}"'
        return known.write(value)

    return amount


_PLAIN: Final = re.compile(r"\d{1,12}(?:\.\d{1,6})?", re.ASCII)
"""An amount of yuan is not given to less than a millionth."""


class _Known(dict[Any, str]):
    """The text of one field by its value."""

    def __init__(self, head: str, name: str, fact: type[Fact]) -> None:
        super().__init__()
        self._head, self._name, self._fact = head, name, fact
        self._adapter: TypeAdapter[Any] | None = None

    def __missing__(self, value: Any) -> str:
        text = self.write(value)
        if len(self) < REMEMBERED:
            self[value] = text
        return text

    def write(self, value: Any) -> str:
        """Checked and written by the field's own part of the model; raises ValidationError."""
        if self._adapter is None:
            field = self._fact.model_fields[self._name]
            annotation: Any = field.annotation
            for more in field.metadata:
                annotation = _annotated(annotation, more)
            self._adapter = TypeAdapter(annotation, config=None)
        checked = self._adapter.validate_python(value)
        return self._head + self._adapter.dump_json(checked).decode()


def _annotated(annotation: Any, more: Any) -> Any:
    return Annotated[annotation, more]


def _parts(annotation: Any) -> set[Any]:
    return {annotation, *(part for inner in get_args(annotation) for part in _parts(inner))}
