"""Code: parts of a condition written into one Python expression, so that judging makes few calls.

Every part is text over `s` (the scope) and names bound to values. Templates put parts together: `$part` is another
part's text in brackets, or a value under a name of its own; `@name` is a variable of the expression.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

_MARK: Final = re.compile(r"([$@])([a-z]\w*)", re.ASCII)
Run = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Code:
    """An expression and what its names are bound to."""

    text: str
    names: Mapping[str, Any] = field(default_factory=dict)

    def compiled(self) -> Run:
        """The expression as a function of the scope. Its text is our own templates; what documents say is in names."""
        made: Run = eval(f"lambda s: {self.text}", {**self.names, "__builtins__": {"type": type}})  # noqa: S307
        return made


def function(lines: Code) -> Run:
    """A loop as a function of the scope; `lines` is the body of a function."""
    names = {**lines.names, "__builtins__": {"type": type}}
    exec(f"def loop(s):\n{lines.text}", names)  # noqa: S102 (as above)
    made: Run = names["loop"]
    return made


def called(run: Run) -> Code:
    """A call of a function that is not written out."""
    name = f"f{id(run)}"
    return Code(f"{name}(s)", {name: run})


def write(fresh: Iterator[int], template: str, parts: Mapping[str, Any]) -> Code:
    """Put parts into a template; `fresh` numbers the variables and values of one document."""
    names: dict[str, Any] = {}
    put: dict[str, str] = {}

    def one(found: re.Match[str]) -> str:
        mark, word = found[0], found[2]
        if mark not in put:
            put[mark] = f"v{next(fresh)}" if found[1] == "@" else _part(fresh, parts[word], names)
        return put[mark]

    return Code(_MARK.sub(one, template), names)


def _part(fresh: Iterator[int], part: Any, names: dict[str, Any]) -> str:
    if isinstance(part, Code):
        names.update(part.names)
        return f"({part.text})"
    name = f"c{next(fresh)}"
    names[name] = part
    return name
