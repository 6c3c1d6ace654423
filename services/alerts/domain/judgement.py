"""Judge: from facts, rulebook and day to the alerts that must stand, from scratch (docs/design.md 4.3)."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

from services.alerts.domain.household import Household, Lists, Lived, lived
from services.alerts.domain.rulebook import Asked, Policy
from services.alerts.domain.rules import Rule
from services.alerts.domain.scope import Scope
from services.alerts.domain.signals import Evidence, Signal
from services.alerts.domain.word import Facts


class DocumentFailed(RuntimeError):
    """A document of the rulebook raises for a household; the message is its id."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One rule that holds for a household or a village today, and why.

    `class_` is the household's, empty for a village; `cannot_tell` are signals the rule names that came out unknown.
    """

    rule: str
    level: str
    class_: str
    suppressed: bool
    village: str
    signals: tuple[Evidence, ...]
    cannot_tell: tuple[str, ...]

    def evidence_json(self) -> str:
        """Canonical JSON: equal alerts are equal text."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Judgement:
    """What holds for one household (or village) on one day, and the next day on which time alone can change it."""

    alerts: tuple[Alert, ...]
    due: date | None
    signals: tuple[Evidence, ...] = ()
    unknown: tuple[tuple[str, str], ...] = ()
    """(signal, subject) of what could not be told."""
    unsure: tuple[str, ...] = ()
    """Rules that do not hold as far as is known, but might; found when asked for."""
    village: str = ""
    """The household's village as judged (empty: not known), or the village itself."""


def judge(
    household: Household,
    policy: Policy,
    today: date,
    lists: Lists,
    *,
    home: Lived | None = None,
    as_class: str | None = None,
    doubts: bool = False,
) -> Judgement:
    """Judge one household by all documents; a household without a living member raises nothing.

    `home` is who lives there when that is known already; `as_class` judges as if the household were of that class, and
    `doubts` also finds the rules that might hold: both for the cases of documents.
    """
    home = home or lived(household, today)
    scope = Scope(household, home.members, today, lists, policy.law)
    if as_class is not None:
        scope.force_class(as_class)
    scope.note(home.until)
    if not scope.members:
        return Judgement((), scope.due, village=scope.village)
    return _judged(scope, _signals(scope, policy.asked), policy.household_rules, doubts=doubts)


def judge_village(
    code: str, facts: Facts, policy: Policy, today: date, lists: Lists, *, doubts: bool = False
) -> Judgement:
    """Judge one village by the rules whose subject is a village; `facts` are those about it."""
    scope = Scope(Household(code, village=facts), [], today, lists, policy.law, _village=code)
    scope.force_class("")
    evidence: list[Evidence] = []
    for signal in policy.asked.of_village:
        _ask(signal, scope, code, evidence)
    return _judged(scope, evidence, policy.village_rules, doubts=doubts)


def _judged(scope: Scope, evidence: list[Evidence], rules: Sequence[Rule], *, doubts: bool) -> Judgement:
    if not evidence and not scope.unknown_of:
        return Judgement((), scope.due, village=scope.village)
    evidence.sort(key=_in_order)
    alerts, unsure = _alerts(scope, rules, evidence, doubts=doubts)
    unknown = tuple(sorted(scope.unknown_of))
    return Judgement(tuple(alerts), scope.due, tuple(evidence), unknown, tuple(unsure), scope.village)


def _in_order(one: Evidence) -> tuple[str, str]:
    return one.id, one.subject


def _signals(scope: Scope, asked: Asked) -> list[Evidence]:
    """What stands; signals are found by the types there are facts of, so that what nobody stated costs nothing."""
    household, env, by_type = scope.household, scope.env, asked.of_person
    found: list[Evidence] = []
    for member in scope.members:
        env[0] = member
        for type_ in member.facts:
            for signal in by_type.get(type_, ()):
                _ask(signal, scope, member.ref, found)
        for signal in asked.of_any_person:
            _ask(signal, scope, member.ref, found)
    for type_ in household.facts:
        for signal in asked.of_household.get(type_, ()):
            _ask(signal, scope, household.ref, found)
    for signal in asked.of_any_household:
        _ask(signal, scope, household.ref, found)
    if household.village:
        for signal in asked.of_village_for_household:
            _ask(signal, scope, scope.village, found)
    return found


def _ask(signal: Signal, scope: Scope, subject: str, found: list[Evidence]) -> None:
    """Judge a signal for the subject in place, and add its evidence when it stands."""
    try:
        said = signal.when(scope)
        if said is not False:
            evidence = signal.stand(scope, subject, said)
            if evidence is not None:
                found.append(evidence)
    except Exception as failed:
        raise DocumentFailed(f"signals/{signal.id}") from failed


def _alerts(
    scope: Scope, rules: Sequence[Rule], evidence: list[Evidence], *, doubts: bool
) -> tuple[list[Alert], list[str]]:
    alerts: list[Alert] = []
    unsure: list[str] = []
    standing = scope.signs.keys()
    for rule in rules:
        if rule.needs.isdisjoint(standing) and not doubts:
            continue
        try:
            level, doubtful = rule.level(scope)
            if level is not None:
                alerts.append(_alert(scope, rule, level, evidence))
            elif doubtful:
                unsure.append(rule.id)
        except Exception as failed:
            raise DocumentFailed(f"rules/{rule.id}") from failed
    return alerts, unsure


def _alert(scope: Scope, rule: Rule, level: str, evidence: list[Evidence]) -> Alert:
    return Alert(
        rule=rule.id,
        level=level,
        class_=scope.class_,
        suppressed=rule.suppressed(scope),
        village=scope.village,
        signals=tuple([one for one in evidence if one.id in rule.names]),
        cannot_tell=tuple(sorted({id_ for id_, _ in scope.unknown_of} & rule.names)),
    )
