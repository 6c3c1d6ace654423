"""What the bureaus of a pretend county go on saying: seeded rows, and what stands if all of them are heard in order."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from shouwang.demo.names import Registry
from shouwang.kit.identity import Identity

Row = dict[str, Any]
Fact = tuple[str, str, str]
"""(type, subject, key)."""

VILLAGES: Final = 40
PER_HOME: Final = 3
YEAR: Final = 2026
FEEDS: Final = {
    "civil_affairs": ("household_member", "allowance"),
    "health": ("self_paid_year",),
    "education": ("school_absence",),
    "human_resources": ("unemployment",),
    "rural_affairs": ("household",),
}
"""What each department says here; the roster first."""


@dataclass(frozen=True, slots=True)
class Somebody:
    """One invented person."""

    number: str
    name: str
    home: int


@dataclass(frozen=True, slots=True)
class Said:
    """One row, the fact it states, and the cells by which what stands can be told to be it."""

    row: Row
    fact: Fact
    tells: tuple[tuple[str, Any], ...]


@dataclass
class PretendCounty:
    """Persons and households; `rows` draws what a bureau says next."""

    code: str
    seed: int
    homes: int
    identity: Identity
    people: list[Somebody] = field(default_factory=list)

    def __post_init__(self) -> None:
        dice = random.Random(self.seed)
        registry = Registry(dice, self.code)
        for home in range(self.homes):
            for _ in range(PER_HOME):
                born = date(1950, 1, 1) + timedelta(days=dice.randrange(27_000))
                self.people.append(Somebody(registry.number(born, dice.choice("男女")), registry.name(), home))

    def rows(self, feed: str) -> Iterator[Said]:
        """Without end what a feed says; the roster names everybody first."""
        dice = random.Random(f"{self.seed} {feed}")
        draw = getattr(self, f"_{feed}")
        if feed == "household_member":
            yield from (draw(person, dice, stays=True) for person in self.people)
        while True:
            yield draw(dice.choice(self.people), dice)

    def _said(self, type_: str, person: Somebody, key: str, tells: Row, **cells: Any) -> Said:
        row = {"身份证号": person.number, "姓名": person.name, **tells, **cells}
        return Said(row, (type_, self.identity.person(person.number), key), tuple(tells.items()))

    def home(self, number: int) -> str:
        """A 户编号."""
        return f"H{number:06d}"

    def _household_member(self, person: Somebody, dice: random.Random, *, stays: bool = False) -> Said:
        change = "在户" if stays or dice.random() < 0.8 else "迁出"
        since = date(YEAR, 6, 1) - timedelta(days=dice.randrange(3_000))
        tells = {"变动": change, "生效日期": since.isoformat()}
        village = f"{self.code}{100 + person.home % VILLAGES:03d}200"
        cells = {"户编号": self.home(person.home), "村代码": village}
        key = self.identity.household(self.home(person.home))
        return self._said("civil_affairs.household_member.v1", person, key, tells, **cells)

    def _allowance(self, person: Somebody, dice: random.Random) -> Said:
        kind = dice.choice(("低保", "特困"))
        tells = {"状态": dice.choice(("享受", "停发")), "金额": str(dice.randrange(1, 100_000))}
        return self._said("civil_affairs.allowance.v1", person, kind, tells, 类别=kind)

    def _self_paid_year(self, person: Somebody, dice: random.Random) -> Said:
        paid = str(dice.choice((800, 3_500, 6_000, 13_000, 25_000)) + dice.randrange(500))
        return self._said(
            "health.self_paid_year.v1", person, str(YEAR), {"个人自付": paid}, 年度=str(YEAR), 医疗总费用=paid
        )

    def _school_absence(self, person: Somebody, dice: random.Random) -> Said:
        key = f"T{dice.randrange(2)}"
        found = date(YEAR, 6, 1) - timedelta(days=dice.randrange(60))
        tells = {"状态": dice.choice(("疑似辍学", "已辍学", "已复学")), "发现日期": found.isoformat()}
        tells["缺课天数"] = str(dice.randrange(1, 300))
        return self._said("education.school_absence.v1", person, key, tells, 台账编号=key)

    def _unemployment(self, person: Somebody, dice: random.Random) -> Said:
        key = f"S{dice.randrange(2)}"
        lost = date(YEAR, 6, 1) - timedelta(days=dice.randrange(200))
        tells = {"状态": dice.choice(("失业", "已再就业")), "失业日期": lost.isoformat()}
        tells["原工作单位"] = f"第{dice.randrange(1_000)}公司"
        return self._said("human_resources.unemployment.v1", person, key, tells, 登记编号=key)

    def _household(self, person: Somebody, dice: random.Random) -> Said:
        number = self.home(person.home)
        tells = {"人均纯收入": str(dice.randrange(5_000, 20_000)), "户类型": dice.choice(("脱贫户", "一般农户"))}
        row = {"户编号": number, "户主姓名": person.name, **tells}
        row["村代码"] = f"{self.code}{100 + person.home % VILLAGES:03d}200"
        return Said(row, ("rural_affairs.household.v1", self.identity.household(number), ""), tuple(tells.items()))
