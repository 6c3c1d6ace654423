"""Judge: from facts, rulebook and day to the alerts that must stand, from scratch (docs/design.md 4.3)."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

from services.alerts.domain.household import Household, Lists, Lived, lived
from services.alerts.domain.rulebook import Policy
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
    """Rules that do not hold as far as is known, but might."""
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
) -> Judgement:
    """Judge one household by all documents; a household without a living member raises nothing.

    `home` is who lives there when that is known already; `as_class` judges as if the household were of that class, for
    the cases of documents.
    """
    home = home or lived(household, today)
    scope = Scope(household, home.members, today, lists, policy.law)
    if as_class is not None:
        scope.force_class(as_class)
    scope.note(home.until)
    if not scope.members:
        return Judgement((), scope.due, village=scope.village)
    return _judged(scope, _signals(scope, policy), policy.household_rules)


def judge_village(code: str, facts: Facts, policy: Policy, today: date, lists: Lists) -> Judgement:
    """Judge one village by the rules whose subject is a village; `facts` are those about it."""
    scope = Scope(Household(code, village=facts), [], today, lists, policy.law, _village=code)
    scope.force_class("")
    _, _, signals = policy.plan(frozenset(facts))
    found = [_stand(signal, scope, code) for signal in signals]
    return _judged(scope, [one for one in found if one is not None], policy.village_rules)


def _judged(scope: Scope, evidence: list[Evidence], rules: Sequence[Rule]) -> Judgement:
    if not evidence and not scope.unknown:
        return Judgement((), scope.due, village=scope.village)
    evidence.sort(key=lambda one: (one.id, one.subject))
    alerts, unsure = _alerts(scope, rules, evidence)
    unknown = tuple(sorted(scope.unknown_of))
    return Judgement(tuple(alerts), scope.due, tuple(evidence), unknown, tuple(unsure), scope.village)


def _signals(scope: Scope, policy: Policy) -> list[Evidence]:
    household = scope.household
    present = frozenset(household.facts).union(household.village, *(member.facts for member in scope.members))
    for_person, for_household, for_village = policy.plan(present)
    found: list[Evidence | None] = []
    for member in scope.members:
        scope.env[0], facts = member, member.facts
        asked = (one for one in for_person if one.own is None or not one.own.isdisjoint(facts))
        found += [_stand(signal, scope, member.ref) for signal in asked]
    found += [_stand(signal, scope, household.ref) for signal in for_household]
    if household.village:
        asked_of_village = (one for one in for_village if one.id in policy.told_by_village)
        found += [_stand(signal, scope, scope.village) for signal in asked_of_village]
    return [one for one in found if one is not None]


def _stand(signal: Signal, scope: Scope, subject: str) -> Evidence | None:
    try:
        return signal.stand(scope, subject)
    except Exception as failed:
        raise DocumentFailed(f"signals/{signal.id}") from failed


def _alerts(scope: Scope, rules: Sequence[Rule], evidence: list[Evidence]) -> tuple[list[Alert], list[str]]:
    alerts, unsure = [], []
    for rule in rules:
        if rule.names.isdisjoint(scope.signs) and rule.names.isdisjoint(scope.unknown):
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
        signals=tuple(one for one in evidence if one.id in rule.names),
        cannot_tell=tuple(sorted(rule.names & scope.unknown)),
    )
