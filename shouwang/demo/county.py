"""The pretend county on its first day: villages, households, people, and what each of them has."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from shouwang.demo.names import Registry, surname_of

TOWNSHIPS = ("庙街镇", "大仓镇", "永建镇", "巍宝山乡", "马鞍山乡")


@dataclass(slots=True, eq=False)
class Bill:
    """What one person paid for treatment in one calendar year so far, in yuan."""

    total: Decimal = Decimal(0)
    insured: Decimal = Decimal(0)
    serious: Decimal = Decimal(0)
    relief: Decimal = Decimal(0)

    @property
    def own(self) -> Decimal:
        """What is left to pay oneself after all reimbursement."""
        return self.total - self.insured - self.serious - self.relief

    def grow(self, own: Decimal) -> None:
        """One more treatment of which `own` yuan are left to the patient."""
        total = own * 3
        self.total += total
        self.insured += total - own


@dataclass(slots=True, eq=False)
class Allowance:
    """One benefit of one person."""

    kind: str
    amount: Decimal
    start: date
    end: date | None = None
    state: str = "享受"


@dataclass(slots=True, eq=False)
class Absence:
    """One entry of the ledger of missing pupils."""

    entry: str
    school: str
    stage: str
    grade: str
    found: date
    days: int
    cause: str
    state: str = "疑似辍学"


@dataclass(slots=True, eq=False)
class JobLoss:
    """One entry of the register of unemployment."""

    entry: str
    lost: date
    registered: date
    employer: str
    cause: str
    state: str = "失业"


@dataclass(slots=True, eq=False)
class Person:
    """Somebody, and everything the bureaus know of them."""

    number: str
    name: str
    sex: str
    born: date
    relation: str
    since: date
    bills: dict[int, Bill] = field(default_factory=dict)
    allowances: list[Allowance] = field(default_factory=list)
    absences: list[Absence] = field(default_factory=list)
    losses: list[JobLoss] = field(default_factory=list)

    def age(self, day: date) -> int:
        """Whole years."""
        return day.year - self.born.year - ((day.month, day.day) < (self.born.month, self.born.day))

    def bill(self, year: int) -> Bill:
        """This person's bill of a year, opened when first asked for."""
        return self.bills.setdefault(year, Bill())


@dataclass(slots=True, eq=False)
class Home:
    """A household as rural affairs knows it, and who lives there."""

    code: str
    village: str
    group: str
    kind: str
    income: Decimal
    spending: Decimal
    dwelling: str
    only_dwelling: str
    water: str
    backstop: str
    people: list[Person] = field(default_factory=list)
    scripted: bool = False
    """Its story is written; chance does not touch it."""
    on_roster: bool = True

    @property
    def head(self) -> Person:
        """Who is asked for at the door."""
        return next((p for p in self.people if p.relation == "户主"), self.people[0])


@dataclass(slots=True, eq=False)
class County:
    """Everything that is true on one day; `lives` moves it on."""

    code: str
    rng: Random
    registry: Registry
    villages: tuple[str, ...]
    homes: list[Home] = field(default_factory=list)
    entries: int = 0

    def residents(self) -> Iterator[tuple[Home, Person]]:
        """Everybody, household by household."""
        for home in self.homes:
            for person in home.people:
                yield home, person

    def entry(self, prefix: str) -> str:
        """The next number of a bureau's register."""
        self.entries += 1
        return f"{prefix}{self.entries:06d}"

    def next_code(self) -> str:
        """A 户编号 nobody has."""
        return f"{self.code}{len(self.homes) + 1:07d}"

    def money(self, median: float, spread: float) -> Decimal:
        """A skewed amount in yuan and fen."""
        return Decimal(f"{self.rng.lognormvariate(0, spread) * median:.2f}")


def settle(county_code: str, rng: Random, households: int, day: date) -> County:
    """A county of so many households as it stands on its first day."""
    villages = tuple(f"{county_code}{100 + t:03d}{200 + v:03d}" for t in range(len(TOWNSHIPS)) for v in range(4))
    county = County(county_code, rng, Registry(rng, county_code), villages)
    while len(county.homes) < households:
        county.homes.append(new_home(county, day))
    return county


def new_home(county: County, day: date) -> Home:
    """A household with its people, classes and incomes."""
    rng = county.rng
    poor = rng.random()
    home = Home(
        code=county.next_code(),
        village=rng.choice(county.villages),
        group=f"第{rng.randrange(1, 9)}村民小组",
        kind="脱贫户" if rng.random() < 0.22 else "一般农户",
        income=county.money(16_000, 0.35) if poor > 0.035 else county.money(7_200, 0.12),
        spending=county.money(600, 0.8),
        dwelling=rng.choices("ABCD", (60, 36, 3, 1))[0],
        only_dwelling="是" if rng.random() < 0.9 else "否",
        water="否" if rng.random() < 0.01 else "是",
        backstop="否",
    )
    home.people.extend(_family(county, day))
    if poor < 0.02 or rng.random() < 0.05:
        _grant(county, home, day)
    return home


def born_about(rng: Random, day: date, years: int) -> date:
    """A birthday about so many years back."""
    return day - timedelta(days=int(years * 365.25) + rng.randrange(1, 365))


def _family(county: County, day: date) -> Iterator[Person]:
    rng = county.rng
    head_age = rng.randrange(28, 72)
    since = day - timedelta(days=rng.randrange(400, 4000))
    head = somebody(county, day, head_age, "男" if rng.random() < 0.85 else "女", "户主", since)
    yield head
    if rng.random() < 0.85:
        yield somebody(
            county, day, max(21, head_age - rng.randrange(6)), "女" if head.sex == "男" else "男", "配偶", since
        )
    for _ in range(rng.choices((0, 1, 2, 3), (14, 36, 38, 12))[0]):
        sex = rng.choice("男女")
        years = max(0, head_age - rng.randrange(22, 38))
        yield somebody(county, day, years, sex, "之子" if sex == "男" else "之女", since, surname_of(head.name))
    if rng.random() < 0.35 and head_age < 55:
        yield somebody(county, day, head_age + rng.randrange(20, 30), "女", "母亲", since)
    if rng.random() < 0.22 and head_age < 55:
        yield somebody(county, day, head_age + rng.randrange(21, 31), "男", "父亲", since, surname_of(head.name))


def somebody(county: County, day: date, years: int, sex: str, relation: str, since: date, surname: str = "") -> Person:
    """A person of about an age; nobody joined a household before being born."""
    born = born_about(county.rng, day, years)
    number = county.registry.number(born, sex)
    return Person(number, county.registry.name(surname), sex, born, relation, max(since, born))


def _grant(county: County, home: Home, day: date) -> None:
    kind = "特困" if len(home.people) == 1 else "低保"
    start = day - timedelta(days=county.rng.randrange(90, 900))
    for person in home.people:
        begins = max(start, person.since)
        person.allowances.append(Allowance(kind, county.money(480, 0.15), begins))
