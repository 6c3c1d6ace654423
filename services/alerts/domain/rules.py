"""Rule: which signals of one household make an alert, at which level, and when it is kept but not raised."""

from dataclasses import dataclass
from typing import Literal

from services.alerts.domain.condition import Compiler
from services.alerts.domain.documents import RuleFile
from services.alerts.domain.node import Language, Reads, Refused, Run, Threshold
from services.alerts.domain.scope import Scope
from services.alerts.domain.values import all_of


@dataclass(frozen=True, slots=True)
class Rule:
    """A compiled rule document; `levels` come highest first."""

    id: str
    title: str
    for_each: Literal["household", "village"]
    when: Run
    levels: tuple[tuple[str, Run | None], ...]
    suppress: Run | None
    reads: Reads
    needs: frozenset[str]
    """Signals of which at least one must stand."""
    names: frozenset[str]
    """Every signal it names, those that only raise the level included."""

    def level(self, scope: Scope) -> tuple[str | None, bool]:
        """The highest level that holds, and whether a higher one (or any) could not be told."""
        base = self.when(scope)
        unsure = False
        for level, when in self.levels if base is not False else ():
            said = base if when is None else all_of((base, when(scope)))
            if said:
                return level, unsure
            unsure = unsure or said is None
        return None, unsure

    def suppressed(self, scope: Scope) -> bool:
        """Known to be suppressed: judged and kept, not raised."""
        return self.suppress is not None and self.suppress(scope) is True


def compile_rule(
    id_: str, file: RuleFile, language: Language, order: tuple[str, ...], watch: list[Threshold] | None = None
) -> Rule:
    """Compile a rule document; `order` gives the levels, highest first. Raises `Refused`."""
    compiler = Compiler(language, "rule", watch)
    node = compiler.named("when", lambda: compiler.condition(file.when))
    if node.needs is None or not all(need.startswith("signal:") for need in node.needs):
        raise Refused("没有信号也会成立：规则要以信号为前提", where="when")
    levels: list[tuple[str, Run | None]] = []
    for n, one in enumerate(file.level):
        if one.level not in order:
            raise Refused(f"没有“{one.level}”这一级（有：{'、'.join(order)}）", where=f"level.{n}.level")
        levels.append((one.level, _compile(compiler, f"level.{n}.when", one.when)))
    names = frozenset(compiler.reads.signals)
    with compiler.certainty():
        suppress = _compile(compiler, "suppressed_when", file.suppressed_when)
    return Rule(
        id=id_,
        title=file.title,
        for_each=file.for_each,
        when=node.run,
        levels=tuple(sorted(levels, key=lambda one: order.index(one[0]))),
        suppress=suppress,
        reads=compiler.reads,
        needs=frozenset(need.removeprefix("signal:") for need in node.needs),
        names=names,
    )


def _compile(compiler: Compiler, where: str, text: str) -> Run | None:
    return compiler.named(where, lambda: compiler.condition(text)).run if text else None
