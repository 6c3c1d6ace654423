"""Three households whose year is written: so that the demo can tell what the system made of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shouwang.demo.county import County, Home, Person
from shouwang.demo.lives import Year

SINCE = date(2016, 3, 1)


@dataclass(frozen=True, slots=True)
class Slip:
    """One cell a clerk gets wrong in one list: what is written instead of the truth."""

    feed: str
    as_of: date
    number: str
    column: str
    written: str | float | Decimal


@dataclass(frozen=True, slots=True)
class Story:
    """A household to be told of: what it is, whom it is about, and which slips concern it."""

    title: str
    home: Home
    slips: tuple[Slip, ...] = ()

    @property
    def numbers(self) -> frozenset[str]:
        """ID numbers of its people."""
        return frozenset(person.number for person in self.home.people)


def write_stories(year: Year) -> tuple[Story, ...]:
    """Add the three households to the county and put their days into the script."""
    return (_three_bureaus(year), _a_slip_corrected(year), _nearly_missed(year))


def _home(county: County, kind: str, income: int, *people: Person) -> Home:
    home = Home(
        code=county.next_code(),
        village=county.villages[len(county.homes) % len(county.villages)],
        group="第3村民小组",
        kind=kind,
        income=Decimal(income),
        spending=Decimal(400),
        dwelling="B",
        only_dwelling="是",
        water="是",
        backstop="否",
        people=list(people),
        scripted=True,
    )
    county.homes.append(home)
    return home


def _person(county: County, name: str, sex: str, born: date, relation: str) -> Person:
    return Person(county.registry.number(born, sex), name, sex, born, relation, max(SINCE, born))


def _at(year: Year, month: int, day: int, step: Callable[[], object], *, of: int) -> None:
    year.script.setdefault(date(of, month, day), []).append(lambda: (step(), None)[1])


def _grow(year: Year, person: Person, own: int) -> Callable[[], None]:
    return lambda: person.bill(year.day.year).grow(Decimal(own))


def _three_bureaus(year: Year) -> Story:
    """Work lost, a daughter not at school, a mother's growing bills: three bureaus, one household."""
    county = year.county
    father = _person(county, "字志强", "男", date(1983, 4, 12), "户主")
    mother = _person(county, "李兰英", "女", date(1985, 9, 3), "配偶")
    daughter = _person(county, "字玥", "女", date(2012, 10, 21), "之女")
    son = _person(county, "字文龙", "男", date(2016, 6, 5), "之子")
    home = _home(county, "脱贫户", 12_400, father, mother, daughter, son)
    for month, own in ((1, 900), (2, 950), (3, 1_350), (4, 1_280), (5, 780)):
        _at(year, month, 20, _grow(year, mother, own), of=2026)
    _at(year, 3, 9, lambda: year.lose_work(father, date(2026, 3, 2)), of=2026)
    _at(year, 5, 13, lambda: year.miss_school(daughter, date(2026, 5, 12), 8, "外出务工"), of=2026)
    return Story("父亲失业，女儿离校，母亲的医药费在涨", home)


def _a_slip_corrected(year: Year) -> Story:
    """A poor household whose alert rises on a slip of the pen, falls with its correction, and lapses with time."""
    county = year.county
    head = _person(county, "茶光祥", "男", date(1966, 2, 17), "户主")
    wife = _person(county, "熊秀芳", "女", date(1968, 7, 30), "配偶")
    son = _person(county, "茶建军", "男", date(1993, 11, 8), "之子")
    home = _home(county, "一般农户", 8_150, head, wife, son)
    _at(year, 9, 11, _grow(year, wife, 2_640), of=2025)
    _at(year, 8, 25, lambda: year.lose_work(son, date(2025, 8, 20), "工厂停产"), of=2025)
    slip = Slip("self_paid_year", date(2025, 9, 30), wife.number, "个人自付", Decimal(26_400))
    return Story("一个多打的零：预警升了又降，再随时间解除", home, (slip,))


def _nearly_missed(year: Year) -> Story:
    """A household the roster does not know when the bureaus report it; later its row cannot be read."""
    county = year.county
    father = _person(county, "阿苏·尔古", "男", date(1986, 1, 25), "户主")
    mother = _person(county, "吉克·阿依", "女", date(1988, 5, 14), "配偶")
    child = _person(county, "阿苏·木呷", "男", date(2013, 8, 2), "之子")
    home = _home(county, "一般农户", 11_900, father, mother, child)
    home.on_roster = False
    _at(year, 10, 20, lambda: year.miss_school(child, date(2025, 10, 17), 12, "外出务工"), of=2025)
    _at(year, 10, 27, lambda: year.lose_work(father, date(2025, 10, 24), "合同到期"), of=2025)
    _at(year, 11, 24, lambda: setattr(home, "on_roster", True), of=2025)
    slip = Slip("household_member", date(2026, 5, 31), child.number, "身份证号", "5.32927E+17")
    return Story("差一点漏掉：先有线索后有名册，后来又读不出来", home, (slip,))
