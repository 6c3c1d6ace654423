"""A year of lives: births, deaths, moves, splits, work lost and found, school left and resumed, bills that grow."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar

from shouwang.demo.county import Absence, Allowance, County, Home, JobLoss, Person, new_home, somebody
from shouwang.demo.names import surname_of

T = TypeVar("T")

MONTHLY = {
    "born": 1.3,
    "died": 1.4,
    "married_out": 0.8,
    "moved_in": 0.7,
    "moved_away": 0.6,
    "split": 0.5,
    "lost_work": 5.0,
    "found_work": 2.6,
    "missed_school": 1.5,
    "back_to_school": 1.3,
    "treated": 55.0,
    "granted": 1.2,
    "granted_once": 2.0,
    "stopped": 0.8,
}
"""Events a month in 500 households; invented, in the order of what domain 9.2 and 9.3 report."""

SCHOOLS = ("庙街镇中心校", "大仓镇初级中学", "永建镇回族中学", "巍宝山乡九年一贯制学校", "马鞍山乡完小")
EMPLOYERS = ("大理某建筑公司", "昆明某电子厂", "某物流公司", "浙江某制衣厂", "县内某砖厂")
CAUSES = ("合同到期", "单位裁员", "工厂停产", "本人辞职")
ABSENCE_CAUSES = ("因病", "厌学", "外出务工", "其他", "因残")


@dataclass(frozen=True, slots=True)
class Move:
    """One change of a membership, as the roster's office writes it down."""

    person: Person
    code: str
    village: str
    relation: str
    change: str
    on: date


@dataclass(slots=True)
class News:
    """What happened since a bureau last reported it."""

    moves: list[Move] = field(default_factory=list)
    absences: list[tuple[Person, Absence]] = field(default_factory=list)
    losses: list[tuple[Person, JobLoss]] = field(default_factory=list)
    allowances: list[tuple[Person, Allowance]] = field(default_factory=list)


def taken(waiting: list[T]) -> list[T]:
    """All that waits to be reported; nothing waits afterwards."""
    found = waiting.copy()
    waiting.clear()
    return found


class Year:
    """The county on the move: one day after another, by chance, and the same for the same seed."""

    def __init__(self, county: County, day: date) -> None:
        self.county = county
        self.day = day
        self.news = News()
        self.script: dict[date, list[Callable[[], None]]] = {}
        """What happens on a day whatever chance says."""
        self._chance = county.rng
        self._scale = len(county.homes) / 500 / 30

    def live(self, until: date) -> None:
        """Live on to the evening of a day."""
        while self.day < until:
            self.day += timedelta(days=1)
            for name, monthly in MONTHLY.items():
                for _ in range(self._times(monthly * self._scale)):
                    happening: Callable[[], None] = getattr(self, f"_{name}")
                    happening()
            for step in self.script.get(self.day, ()):
                step()

    def _times(self, expected: float) -> int:
        return int(expected) + (self._chance.random() < expected % 1)

    def _homes(self) -> list[Home]:
        return [home for home in self.county.homes if home.people and not home.scripted]

    def _home(self) -> Home:
        return self._chance.choice(self._homes())

    def _anybody(self, suits: Callable[[Person], bool]) -> Iterator[tuple[Home, Person]]:
        found = [(home, person) for home in self._homes() for person in home.people if suits(person)]
        if found:
            yield self._chance.choice(found)

    def move(self, home: Home, person: Person, change: str) -> None:
        """Write a change of membership down; it holds from today."""
        self.news.moves.append(Move(person, home.code, home.village, person.relation, change, self.day))

    def join(self, home: Home, person: Person, change: str) -> None:
        """A person becomes a member today."""
        person.since = self.day
        home.people.append(person)
        self.move(home, person, change)

    def leave(self, home: Home, person: Person, change: str = "迁出") -> None:
        """A person is no member any more; the eldest who is left becomes the head."""
        home.people.remove(person)
        self.move(home, person, change)
        if person.relation == "户主" and home.people:
            min(home.people, key=lambda p: p.born).relation = "户主"

    def _born(self) -> None:
        home = self._home()
        sex = self._chance.choice("男女")
        number = self.county.registry.number(self.day, sex)
        name = self.county.registry.name(surname_of(home.head.name))
        self.join(
            home,
            Person(number, name, sex, self.day, "之孙" if home.head.age(self.day) > 50 else "之子", self.day),
            "出生",
        )

    def _died(self) -> None:
        for home, person in self._anybody(lambda p: p.age(self.day) > 60):
            self.leave(home, person, "死亡")

    def _married_out(self) -> None:
        for home, person in self._anybody(lambda p: 20 <= p.age(self.day) <= 35 and p.relation in ("之子", "之女")):
            other = self._home()
            if other is not home:
                self.leave(home, person)
                person.relation = "其他"
                self.join(other, person, "迁入")

    def _moved_in(self) -> None:
        sex = self._chance.choice("男女")
        years = self._chance.randrange(20, 40)
        self.join(self._home(), somebody(self.county, self.day, years, sex, "其他", self.day), "迁入")

    def _moved_away(self) -> None:
        for home, person in self._anybody(lambda p: p.relation != "户主" and p.age(self.day) > 18):
            self.leave(home, person)

    def _split(self) -> None:
        for home, person in self._anybody(lambda p: p.relation == "之子" and p.age(self.day) >= 24):
            fresh = new_home(self.county, self.day)
            fresh.people.clear()
            fresh.village, fresh.group = home.village, home.group
            self.county.homes.append(fresh)
            self.leave(home, person)
            person.relation = "户主"
            self.join(fresh, person, "分户")

    def lose_work(self, person: Person, lost: date, cause: str = "单位裁员") -> JobLoss:
        """A loss of work, registered today."""
        loss = JobLoss(self.county.entry("SY"), lost, self.day, self._chance.choice(EMPLOYERS), cause)
        person.losses.append(loss)
        self.news.losses.append((person, replace(loss)))
        return loss

    def find_work(self, person: Person) -> None:
        """The last loss of work is over."""
        person.losses[-1].state = "已再就业"
        self.news.losses.append((person, replace(person.losses[-1])))

    def _lost_work(self) -> None:
        for _, person in self._anybody(lambda p: 18 <= p.age(self.day) <= 58 and not _out_of_work(p)):
            self.lose_work(
                person, self.day - timedelta(days=self._chance.randrange(1, 20)), self._chance.choice(CAUSES)
            )

    def _found_work(self) -> None:
        for _, person in self._anybody(_out_of_work):
            self.find_work(person)

    def miss_school(self, person: Person, found: date, days: int, cause: str) -> Absence:
        """A child is found missing from school."""
        age = person.age(self.day)
        stage, grade = (
            ("小学", f"{'一二三四五六'[min(max(age - 6, 0), 5)]}年级")
            if age < 12
            else ("初中", f"{'七八九'[min(age - 12, 2)]}年级")
        )
        absence = Absence(self.county.entry("CX"), self._chance.choice(SCHOOLS), stage, grade, found, days, cause)
        person.absences.append(absence)
        self.news.absences.append((person, replace(absence)))
        return absence

    def attend(self, person: Person, state: str) -> None:
        """The last absence goes on under another word: 已辍学 or 已复学."""
        person.absences[-1].state = state
        self.news.absences.append((person, replace(person.absences[-1])))

    def _missed_school(self) -> None:
        for _, person in self._anybody(lambda p: 6 <= p.age(self.day) <= 15 and not _away(p)):
            found = self.day - timedelta(days=self._chance.randrange(0, 6))
            self.miss_school(person, found, self._chance.randrange(5, 40), self._chance.choice(ABSENCE_CAUSES))

    def _back_to_school(self) -> None:
        for _, person in self._anybody(_away):
            self.attend(person, "已复学" if self._chance.random() < 0.85 else "已辍学")

    def _treated(self) -> None:
        for home, person in self._anybody(lambda _: True):
            heavy = self._chance.random() < 0.012
            own = self.county.money(14_000 if heavy else 620, 0.5 if heavy else 0.9)
            person.bill(self.day.year).grow(own)
            home.spending += own

    def grant(self, person: Person, kind: str, amount: Decimal, end: date | None = None) -> None:
        """A benefit begins today."""
        allowance = Allowance(kind, amount, self.day, end)
        if end is None:
            person.allowances[:] = [a for a in person.allowances if a.kind != kind]
        person.allowances.append(allowance)
        self.news.allowances.append((person, replace(allowance)))

    def _granted(self) -> None:
        poor = [home for home in self._homes() if home.income < 9_500 and not _receives(home)]
        for person in self._chance.choice(poor).people if poor else ():
            self.grant(person, "低保", self.county.money(480, 0.15))

    def _granted_once(self) -> None:
        for _, person in self._anybody(lambda p: p.age(self.day) >= 18):
            if not any(a.kind == "临时救助" and a.start == self.day for a in person.allowances):
                self.grant(person, "临时救助", self.county.money(1_500, 0.4), self.day + timedelta(days=29))

    def _stopped(self) -> None:
        for home, _ in self._anybody(lambda p: any(a.kind == "低保" and a.state == "享受" for a in p.allowances)):
            for person in home.people:
                self._stop(person)

    def _stop(self, person: Person) -> None:
        for allowance in person.allowances:
            if allowance.kind == "低保" and allowance.state == "享受":
                allowance.state, allowance.end = "停发", self.day
                self.news.allowances.append((person, replace(allowance)))


def _out_of_work(person: Person) -> bool:
    return any(loss.state == "失业" for loss in person.losses[-1:])


def _away(person: Person) -> bool:
    return any(absence.state != "已复学" for absence in person.absences[-1:])


def _receives(home: Home) -> bool:
    return any(a.state == "享受" and a.kind != "临时救助" for person in home.people for a in person.allowances)
