"""Signal: what facts amount to for one subject of one household on one day."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from contracts.catalogue import FACTS
from contracts.vocabulary import SubjectKind
from services.alerts.domain.condition import Compiler
from services.alerts.domain.documents import SignalFile
from services.alerts.domain.node import Language, Needs, Primary, Reads, Refused, Run, Threshold
from services.alerts.domain.scope import Scope, Sign
from services.alerts.domain.sentence import compile_sentence
from services.alerts.domain.values import Answer


@dataclass(frozen=True, slots=True)
class Evidence:
    """A standing signal and what it rests on: the ids of the words it read first."""

    id: str
    subject: str
    department: str
    says: str
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Signal:
    """A compiled signal document."""

    id: str
    title: str
    risk: str
    for_each: Literal["person", "household", "village"]
    department: str
    """That of the facts it reads first (docs/rulepack.md)."""
    when: Run
    needs: Needs
    own: Needs
    """What the person in question must have for it to stand; None: other facts can make it stand."""
    primary: Primary
    slot: int
    says: Callable[[Scope], str]
    on: Run | None
    reads: Reads

    def stand(self, scope: Scope, subject: str, said: Answer) -> Evidence | None:
        """Note of the subject in place that the signal stands, and give its evidence, or that it cannot be told.

        It cannot be told only where something was said: persons of whom the feed says nothing are not listed.
        """
        words = self.primary.words(scope)
        if said is None:
            if words:
                scope.unknown.add(self.id)
                scope.unknown_of.add((self.id, subject))
            return None
        scope.env[self.slot] = words[0].data if words else None
        day = self.on(scope) if self.on is not None else None
        scope.signs.setdefault(self.id, []).append(Sign(subject, self.risk, self.department, day))
        return Evidence(self.id, subject, self.department, self.says(scope), tuple([word.id for word in words]))


def compile_signal(id_: str, file: SignalFile, language: Language, watch: list[Threshold] | None = None) -> Signal:
    """Compile a signal document; raises `Refused` naming the key at fault in `where`."""
    compiler = Compiler(language, file.for_each, watch)
    node = compiler.named("when", lambda: compiler.condition(file.when))
    primary = compiler.primary
    if primary is None:
        raise Refused("条件没有读任何数据", where="when")
    compiler.watch = None
    with compiler.fact_in_place(primary.fact) as slot:
        says = compiler.named("says", lambda: compile_sentence(compiler, file.says))
        on = compiler.named("on", lambda: compiler.day(file.on)) if file.on else None
    return Signal(
        id=id_,
        title=file.title,
        risk=file.risk,
        for_each=file.for_each,
        department=primary.fact.meta.department,
        when=node.run,
        needs=node.needs,
        own=_own(node.needs),
        primary=primary,
        slot=slot,
        says=says,
        on=on.run if on else None,
        reads=compiler.reads,
    )


def _own(needs: Needs) -> Needs:
    mine = needs is not None and all(FACTS[need].meta.subject is SubjectKind.PERSON for need in needs)
    return needs if mine else None
