"""Household: persons by dated membership, and what lists have said about who is not in them (docs/feeds.md)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from contracts.civil_affairs import HouseholdMember
from contracts.rural_affairs import Household as Survey
from contracts.sending import ListClosed
from services.alerts.domain.word import Facts

MEMBER = HouseholdMember.meta.type
SURVEY = Survey.meta.type
BELONGS = frozenset({"在户", "迁入", "出生", "分户"})
"""What makes a membership (docs/feeds.md, "Membership"); 迁出 ends the one it names by not being one of these."""


@dataclass(slots=True)
class Household:
    """One household as far as words tell.

    `members` holds everyone who has any membership fact naming `ref`, with all their facts, memberships in other
    households included; who of them lives here on a day is `living`. `village` holds facts about the village.
    """

    ref: str
    facts: Facts = field(default_factory=dict)
    members: dict[str, Facts] = field(default_factory=dict)
    village: Facts = field(default_factory=dict)


class Member(NamedTuple):
    """A living member on a day, by the membership that counts."""

    ref: str
    facts: Facts
    membership: HouseholdMember


def _memberships(person: Facts) -> Iterator[HouseholdMember]:
    for word in person.get(MEMBER, {}).values():
        if isinstance(word.data, HouseholdMember):
            yield word.data


def membership(person: Facts, day: date) -> HouseholdMember | None:
    """The membership that counts on a day: latest 生效日期 (empty first), then the larger 户序; none for the dead."""
    best: HouseholdMember | None = None
    for fact in _memberships(person):
        if (fact.生效日期 or date.min) > day:
            continue
        if fact.变动 == "死亡":
            return None
        if fact.变动 in BELONGS and (best is None or _precedence(fact) > _precedence(best)):
            best = fact
    return best


def _precedence(fact: HouseholdMember) -> tuple[date, str]:
    return fact.生效日期 or date.min, fact.户序


def lives_in(person: Facts, day: date) -> str | None:
    """The reference of the household a person belongs to on a day, if any."""
    found = membership(person, day)
    return found.户编号 if found else None


def moves(person: Facts, day: date) -> list[date]:
    """Days after `day` on which a membership already stated takes effect."""
    return [fact.生效日期 for fact in _memberships(person) if fact.生效日期 and fact.生效日期 > day]


def living(household: Household, day: date) -> list[Member]:
    """Who lives here on a day, in the order of their references."""
    found = []
    for ref in sorted(household.members):
        facts = household.members[ref]
        here = membership(facts, day)
        if here is not None and here.户编号 == household.ref:
            found.append(Member(ref, facts, here))
    return found


class Lived(NamedTuple):
    """Who lives in a household from `day` until `until`, the next day on which a membership already stated begins."""

    day: date
    until: date | None
    members: list[Member]

    def holds(self, day: date) -> bool:
        """Whether nothing but a new word about a membership can make it another on that day."""
        return self.day <= day and (self.until is None or day < self.until)


def lived(household: Household, day: date) -> Lived:
    """Who lives here on a day, and until when that is so if nothing new is said."""
    ahead = (begins for facts in household.members.values() for begins in moves(facts, day))
    return Lived(day, min(ahead, default=None), living(household, day))


def village_of(household: Household, members: list[Member]) -> str:
    """The survey's 村代码, else that of the member with the latest 生效日期, then the larger code; empty: not known."""
    word = household.facts.get(SURVEY, {}).get("")
    if word is not None and isinstance(word.data, Survey) and word.data.村代码:
        return word.data.村代码
    coded = [(m.membership.生效日期 or date.min, m.membership.村代码) for m in members if m.membership.村代码]
    return max(coded)[1] if coded else ""


def months_old(member: Member, day: date) -> int:
    """Age in months; whole years are a twelfth of it (docs/rulepack.md)."""
    return months_between(member.membership.出生年月, day)


def months_between(born: str, day: date) -> int:
    """Months from a month of birth to a day's month."""
    return (day.year - int(born[:4])) * 12 + day.month - int(born[5:])


class Heard(NamedTuple):
    """The newest list of a scope: when it was said, and of whom it said nothing because their rows were unreadable."""

    as_of: date
    stated_at: datetime
    id: str
    unread: frozenset[tuple[str, str | None]]


class Lists:
    """What lists have said: of several lists of a scope the newest counts."""

    def __init__(self) -> None:
        self._heard: dict[tuple[str, str, str], Heard] = {}

    def take(self, type_: str, closed: ListClosed, as_of: date, stated_at: datetime, id_: str) -> None:
        """Hear that a list of `type_` came; `id_` (its sending) breaks ties of time."""
        unread = frozenset((one.subject, one.key) for one in closed.unread)
        heard = Heard(as_of, stated_at, id_, unread)
        scope = (type_, closed.period, closed.area)
        standing = self._heard.get(scope)
        if standing is None or heard[:3] > standing[:3]:
            self._heard[scope] = heard

    def take_back(self, type_: str, closed: ListClosed) -> None:
        """Hear that a list was taken back: the one `closed` names counts again, whatever was heard; or none does."""
        scope, counts = (type_, closed.period, closed.area), closed.counts
        if counts is None:
            self._heard.pop(scope, None)
        else:
            unread = frozenset((one.subject, one.key) for one in closed.unread)
            self._heard[scope] = Heard(counts.as_of, counts.stated_at, counts.sending, unread)

    def unread(self, type_: str, period: str, area: str) -> set[str] | None:
        """Of whom the lists of a period said nothing; None when none was whole for this area before.

        When another list of the area comes, it is for these and for those it cannot read itself that an answer changes.
        """
        heard = {where: one for (of, when, where), one in self._heard.items() if (of, when) == (type_, period)}
        if not any(area.startswith(where) for where in heard):
            return None
        return {subject for one in heard.values() for subject, _ in one.unread}

    def says(self, type_: str, period: str, subject: str, key: str, *, village: str = "") -> bool:
        """True when a list of that scope came and could read the subject: then not being in it is known.

        A list that is whole for an area only counts for subjects whose `village` lies in it.
        """
        areas = ("", village[:9], village) if village else ("",)
        heard = [one for area in areas if (one := self._heard.get((type_, period, area)))]
        if not heard:
            return False
        unread = max(heard, key=lambda one: one[:3]).unread
        return (subject, None) not in unread and (subject, key) not in unread
