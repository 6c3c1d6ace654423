"""Sentences with blanks: `{年度}年累计自付{个人自付}` becomes 2026年累计自付5,000元."""

import ast
import re
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from services.alerts.domain import kinds
from services.alerts.domain.kinds import Kind
from services.alerts.domain.node import Refused, parse
from services.alerts.domain.parameters import Parameter
from services.alerts.domain.periods import first_of_month
from services.alerts.domain.scope import Scope
from services.alerts.domain.values import ABSENT, Range

if TYPE_CHECKING:
    from services.alerts.domain.condition import Compiler

_BLANK: Final = re.compile(r"\{([^{}]*)\}")
UNSTATED: Final = "（未填）"


def compile_sentence(compiler: "Compiler", text: str) -> Callable[[Scope], str]:
    """Compile a sentence whose blanks are expressions; `{class}` is the household's class."""
    pieces: list[str | Callable[[Scope], str]] = []
    for n, piece in enumerate(_BLANK.split(text)):
        pieces.append(_blank(compiler, piece) if n % 2 else piece)
    if any(isinstance(piece, str) and ("{" in piece or "}" in piece) for piece in pieces):
        raise Refused("句子里的 { } 不成对")
    return lambda scope: "".join(piece if isinstance(piece, str) else piece(scope) for piece in pieces)


def _blank(compiler: "Compiler", text: str) -> Callable[[Scope], str]:
    if text == "class":
        return lambda scope: scope.class_
    part = compiler.steady(parse(text))
    if part.kind.name in ("fact", "facts", "members"):
        raise Refused(f"句子里的 {{{text}}} 应是一栏，不是{part.kind.title}")
    run, say = part.run, _SAID.get(part.kind, str)
    parameter = _yearly(compiler, parse(text))
    if parameter is None:
        return lambda scope: spoken(say, run(scope))
    line = parameter
    return lambda scope: spoken(say, run(scope)) + _kept(line, scope)


def _yearly(compiler: "Compiler", node: ast.expr) -> Parameter | None:
    if not (isinstance(node, ast.Call) and ast.unparse(node.func) == "limit"):
        return None
    found = compiler.language.limits[ast.literal_eval(node.args[0])]
    return found if found.yearly else None


def _kept(parameter: Parameter, scope: Scope) -> str:
    """Says that this year's line is missing and an older one counts (docs/rulepack.md, "Defaults")."""
    today = scope.today
    scope.note(first_of_month(today, 13 - today.month))
    year = parameter.kept_from(scope.class_, scope.village if parameter.by_place else "", today)
    return "" if year is None else f"（{today.year}年{parameter.title}未维护，沿用{year}年）"


def spoken(say: Callable[[Any], str], value: Any) -> str:
    """A value as people write it, also when it is not stated, none, or known from one side only."""
    if value is None:
        return UNSTATED
    if value is ABSENT:
        return "无"
    if type(value) is Range:
        return f"至少{say(value.low)}" if value.high is None else f"至多{say(value.high)}"
    return say(value)


def yuan(amount: Decimal | int) -> str:
    """5,000元; 8,642.5元."""
    return f"{plain(amount)}元"


def plain(number: Decimal | int) -> str:
    """With thousands separators, without trailing zeros."""
    text = format(Decimal(number), ",f")
    return text.rstrip("0").rstrip(".") if "." in text else text


_SAID: Final[dict[Kind, Callable[[Any], str]]] = {
    kinds.AMOUNT: yuan,
    kinds.BALANCE: yuan,
    kinds.DATE: lambda day: f"{day.year}年{day.month}月{day.day}日",
    kinds.MONTH: lambda month: f"{month[:4]}年{int(month[5:])}月",
    kinds.ANSWER: lambda answer: "是" if answer else "否",
}
