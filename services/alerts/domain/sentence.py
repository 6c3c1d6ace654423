"""Sentences with blanks: `{年度}年累计自付{个人自付}` becomes 2026年累计自付5,000元."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from services.alerts.domain import kinds
from services.alerts.domain.kinds import Kind
from services.alerts.domain.node import Refused, parse
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
    kind, run = part.kind, part.run
    if kind.name in ("fact", "facts", "members"):
        raise Refused(f"句子里的 {{{text}}} 应是一栏，不是{kind.title}")
    return lambda scope: spoken(kind, run(scope))


def spoken(kind: Kind, value: Any) -> str:
    """A value as people write it."""
    if value is None:
        return UNSTATED
    if value is ABSENT:
        return "无"
    if isinstance(value, bool):
        return "是" if value else "否"
    if type(value) is Range:
        return f"至少{spoken(kind, value.low)}" if value.high is None else f"至多{spoken(kind, value.high)}"
    if kind in (kinds.AMOUNT, kinds.BALANCE):
        return yuan(value)
    if isinstance(value, date):
        return f"{value.year}年{value.month}月{value.day}日"
    if kind == kinds.MONTH:
        return f"{value[:4]}年{int(value[5:])}月"
    return plain(value) if isinstance(value, Decimal) else str(value)


def yuan(amount: Decimal | int) -> str:
    """5,000元; 8,642.5元."""
    return f"{plain(amount)}元"


def plain(number: Decimal | int) -> str:
    """With thousands separators, without trailing zeros."""
    text = format(Decimal(number), ",f")
    return text.rstrip("0").rstrip(".") if "." in text else text
