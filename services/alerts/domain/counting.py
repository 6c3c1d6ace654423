"""What rules ask about the household's signals: has, different, kinds, departments, apart.

A signal that could not be told makes an answer unknown where it could change it: a count is at least what stands.
"""

import ast
from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from services.alerts.domain import kinds
from services.alerts.domain.kinds import ANSWER
from services.alerts.domain.node import Node, Refused
from services.alerts.domain.scope import Scope, Sign
from services.alerts.domain.values import ABSENT, Answer, Range

if TYPE_CHECKING:
    from services.alerts.domain.condition import Compiler

WITH_KEYWORDS: Final = frozenset({"has"})


def _signals(compiler: "Compiler", node: ast.Call) -> tuple[str, ...]:
    function = ast.unparse(node.func)
    if compiler.root != "rule":
        raise Refused(f"{function}(…) 只能写在规则里", node)
    given = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    if not given or len(given) != len(node.args):
        raise Refused(f"{function}(…) 里要写带引号的信号名称", node)
    names = [name for one in given for name in compiler.language.groups.get(one, (one,))]
    strange = [name for name in names if name not in compiler.language.signals]
    if strange:
        raise Refused(f"没有信号“{'、'.join(strange)}”", node)
    compiler.reads.signals |= dict.fromkeys(names)
    return tuple(names)


def _needs(names: Sequence[str]) -> frozenset[str]:
    return frozenset(f"signal:{name}" for name in names)


def _has(compiler: "Compiler", node: ast.Call) -> Node:
    """`has("id", …)`: one of these signals stands; `of=m` asks only for that person's."""
    names = _signals(compiler, node)
    if not node.keywords:
        code = compiler.write("$stands(s, $names)", stands=_stands, names=frozenset(names))
        return Node(ANSWER, code, _needs(names))
    keyword = node.keywords[0]
    whose = compiler.compile(keyword.value)
    if keyword.arg != "of" or len(node.keywords) > 1 or whose.kind != kinds.PERSON:
        raise Refused("has(…, of=…) 的 of 要写一个人", node)

    def run(scope: Scope) -> Answer:
        ref = whose.run(scope).ref
        if any(sign.subject == ref for name in names for sign in scope.signs.get(name, ())):
            return True
        return None if any((name, ref) in scope.unknown_of for name in names) else False

    return Node(ANSWER, run, _needs(names))


def _stands(scope: Scope, names: frozenset[str]) -> Answer:
    if not names.isdisjoint(scope.signs):
        return True
    return False if names.isdisjoint(scope.unknown) else None


def _distinct(of: Callable[[str, Sign], str]) -> Callable[["Compiler", ast.Call], Node]:
    def compile_call(compiler: "Compiler", node: ast.Call) -> Node:
        names = frozenset(_signals(compiler, node))

        def run(scope: Scope) -> Any:
            found = len({of(name, sign) for name, signs in scope.signs.items() if name in names for sign in signs})
            return found if names.isdisjoint(scope.unknown) else Range(found, None)

        return Node(kinds.COUNT, run, _needs(tuple(names)))

    return compile_call


def _apart(compiler: "Compiler", node: ast.Call) -> Node:
    """`apart("a", "b", …)`: the fewest days between a signal `a` and any of the others, either first."""
    first, *others = _signals(compiler, node)
    undated = [name for name in (first, *others) if not compiler.language.signals[name]]
    if not others or undated:
        raise Refused(
            f"apart(…) 要两个以上带日期的信号{'，没有日期的是 ' + '、'.join(undated) if undated else ''}", node
        )

    def run(scope: Scope) -> Any:
        ours, theirs = _days(scope, (first,)), _days(scope, others)
        gaps = [abs((a - b).days) for a in ours if a for b in theirs if b]
        unsure = None in ours or None in theirs or any(name in scope.unknown for name in (first, *others))
        if not gaps:
            return None if unsure else ABSENT
        return Range(None, min(gaps)) if unsure else min(gaps)

    return Node(kinds.NUMBER, run, _needs((first,)))


def _days(scope: Scope, names: Sequence[str]) -> list[date | None]:
    return [sign.on for name in names for sign in scope.signs.get(name, ())]


CALLS: Final[dict[str, Callable[["Compiler", ast.Call], Node]]] = {
    "has": _has,
    "different": _distinct(lambda name, _: name),
    "kinds": _distinct(lambda _, sign: sign.risk),
    "departments": _distinct(lambda _, sign: sign.department),
    "apart": _apart,
}
