"""Worked cases: a few people and what was stated about them, built into a household, judged, and compared."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from contracts.catalogue import BY_NAME
from contracts.civil_affairs import HouseholdMember
from contracts.facts import Fact
from contracts.sending import ListClosed, Unread
from contracts.vocabulary import Op
from services.alerts.domain.documents import CaseFile, Document, RuleFile, SignalFile
from services.alerts.domain.household import MEMBER, Household, Lists
from services.alerts.domain.judgement import Judgement, judge, judge_village
from services.alerts.domain.rulebook import Policy
from services.alerts.domain.word import Facts, Word, take

HOME = "户"
VILLAGE = "村"
BORN = date(1980, 1, 1)
"""Birth day of people a case gives none for."""
LONG_AGO = date(2000, 1, 1)
_SAID_AT = datetime(2026, 1, 1, tzinfo=UTC)


class Given(NamedTuple):
    """One statement of a case: the fact by name, about whom, its fields, and the day it holds for."""

    fact: str
    who: str
    fields: Mapping[str, Any]
    as_of: date


class Received(NamedTuple):
    """A list that came, and of whom it could say nothing."""

    fact: str
    period: str
    unread: tuple[str, ...] = ()


def build(
    people: Mapping[str, date], given: Iterable[Given], received: Sequence[Received] = ()
) -> tuple[dict[str, Household], Lists]:
    """The households of a case by reference (`户` is theirs unless said otherwise) and what lists said."""
    subjects: dict[str, Facts] = {}
    for person, born in people.items():
        _hear(subjects, Given("civil_affairs.household_member", person, {"户编号": HOME}, LONG_AGO), born)
    for one in given:
        _hear(subjects, one, people.get(one.who, BORN))
    lists = Lists()
    for came in received:
        unread = tuple(Unread(subject=subject) for subject in came.unread)
        closed = ListClosed(period=came.period, unread=unread)
        lists.take(BY_NAME[came.fact].meta.type, closed, LONG_AGO, _SAID_AT, "list")
    return _households(subjects), lists


def _households(subjects: dict[str, Facts]) -> dict[str, Household]:
    refs = {key for facts in subjects.values() for key in facts.get(MEMBER, {})} | {HOME}
    return {
        ref: Household(
            ref,
            subjects.get(ref, {}),
            {who: facts for who, facts in subjects.items() if ref in facts.get(MEMBER, {})},
            subjects.get(VILLAGE, {}),
        )
        for ref in refs
    }


def _hear(subjects: dict[str, Facts], given: Given, born: date) -> None:
    of = BY_NAME[given.fact]
    data = _membership(given.fields, born) if of is HouseholdMember else of.model_validate(dict(given.fields))
    key = _key(of, given.fields)
    word = Word(
        type=of.meta.type,
        subject=given.who,
        key=key,
        op=Op.STATE,
        as_of=given.as_of,
        stated_at=_SAID_AT,
        line=1,
        id=f"{of.meta.name}/{given.who}/{key}",
        sending="case",
        data=data,
    )
    take(subjects.setdefault(given.who, {}), word)


def _membership(fields: Mapping[str, Any], born: date) -> HouseholdMember:
    """Cases call households by plain names, which no contract would take."""
    effective = fields.get("生效日期")
    return HouseholdMember.model_construct(
        户编号=fields["户编号"],
        户序=fields["户编号"],
        村代码=VILLAGE,
        与户主关系=fields.get("与户主关系"),
        生效日期=date.fromisoformat(effective) if isinstance(effective, str) else effective,
        变动=fields.get("变动", "在户"),
        出生年月=f"{born:%Y-%m}",
        性别="男",
    )


def _key(of: type[Fact], fields: Mapping[str, Any]) -> str:
    """The business key: the column the contract names first, else the fact's own date."""
    column = of.meta.key.split(" ")[0]
    return str(fields.get(column) or fields.get(of.meta.own_date) or "") if column else ""


def run(policy: Policy, id_: str, document: Document, case: CaseFile) -> list[str]:
    """Judge a document's case; one sentence for everything that came out otherwise."""
    given = [_given(row, case.today) for row in case.given]
    whole = {one.who: BORN for one in given if one.who not in (HOME, VILLAGE)} | case.people
    people = whole or {"户主": BORN}
    households, lists = build(people, given, [Received(*one) for one in case.received])
    home = households[HOME]
    if isinstance(document, RuleFile | SignalFile) and document.for_each == "village":
        judged = judge_village(VILLAGE, home.village, policy, case.today, lists, doubts=True)
    else:
        judged = judge(home, policy, case.today, lists, as_class=case.class_, doubts=True)
    if isinstance(document, RuleFile):
        return _compare_rule(id_, case, judged)
    subjects = {"person": next(iter(people)), "household": HOME, "village": VILLAGE}
    who = case.who or subjects[policy.signals[id_].for_each]
    got = _of_signal(judged, id_, who)
    return [] if got == case.result else [f"对{who}应为 {case.result}，判出来是 {got}"]


def _given(row: Mapping[str, Any], today: date) -> Given:
    fields = {name: value for name, value in row.items() if name not in ("fact", "who")}
    return Given(str(row["fact"]), str(row["who"]), fields, today)


def _of_signal(judged: Judgement, id_: str, who: str) -> str:
    if any((one.id, one.subject) == (id_, who) for one in judged.signals):
        return "hit"
    return "cannot_tell" if (id_, who) in judged.unknown else "miss"


def _compare_rule(id_: str, case: CaseFile, judged: Judgement) -> list[str]:
    alert = next((one for one in judged.alerts if one.rule == id_), None)
    got = alert.level if alert else "cannot_tell" if id_ in judged.unsure else "miss"
    found = [] if got == case.result else [f"应为 {case.result}，判出来是 {got}"]
    if alert and alert.suppressed != case.suppressed:
        found.append(f"suppressed 应为 {case.suppressed}，判出来是 {alert.suppressed}")
    if alert and case.cannot_tell is not None and list(alert.cannot_tell) != case.cannot_tell:
        found.append(f"cannot_tell 应为 {case.cannot_tell}，判出来是 {list(alert.cannot_tell)}")
    return found
