"""A county's full lists as the bureaus would export them at a month's end: real columns, valid numbers, csv on disk.

Everybody is invented by a seeded generator. From one month to the next a fixed share of every list changes.
"""

import csv
import math
import random
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final, NamedTuple

AREA: Final = "532927"
SURNAMES: Final = "字左茶罗张李杨马熊毕杞阿段陈王赵周忽米闭"
GIVEN: Final = "文金国燕秀志华萍建春学兰英强玉明芳红军丽平云龙凤"
WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHANGED: Final = 0.04
"""The share of a list's rows that say something else than the month before; an assumption, stated with the figures."""


@dataclass(slots=True)
class Person:
    """One member of a household."""

    number: str
    name: str
    born: date
    home: int
    relation: str


@dataclass(slots=True)
class Month:
    """The last day of a month, and what lists of it are called."""

    day: date

    @property
    def name(self) -> str:
        """年月: 2026-05."""
        return f"{self.day:%Y-%m}"


def number(born: date, order: int) -> str:
    """An 18-character number with its check digit."""
    head = f"{AREA}{born:%Y%m%d}{order:03d}"
    return head + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(head, WEIGHTS, strict=True)) % 11]


def people(count: int, seed: int = 1) -> list[Person]:
    """So many people in households of one to six."""
    chance, found, taken, home = random.Random(seed), list[Person](), set[str](), 0
    while len(found) < count:
        home += 1
        surname = chance.choice(SURNAMES)
        for at in range(chance.choice((1, 2, 3, 4, 4, 5, 6))):
            years = chance.randint(25, 75) if at < 2 else chance.randint(0, 24)
            born = date(2025, 6, 1) - timedelta(days=365 * years + chance.randint(0, 364))
            name = surname + "".join(chance.choices(GIVEN, k=2))
            relation = ("户主", "配偶", "长子", "次女", "孙子", "父亲")[at]
            found.append(Person(_free(chance, born, taken), name, born, home, relation))
    return found[:count]


def _free(chance: random.Random, born: date, taken: set[str]) -> str:
    while True:
        free = number(born, chance.randint(1, 999))
        if free not in taken and not free.endswith("000"):
            taken.add(free)
            return free


class Asked(NamedTuple):
    """Whose lines of which month are wanted."""

    person: Person
    month: Month
    chance: random.Random


Line = list[object]
Lister = Callable[[Asked], Iterator[Line]]


def _age(person: Person, month: Month) -> int:
    return (month.day - person.born).days // 365


def house(home: int) -> str:
    """A household's 户编号."""
    return f"WS{home:07d}"


def _village(home: int) -> str:
    return f"{AREA}{100 + home % 9:03d}{200 + home % 12:03d}"


def _draw(*what: object) -> float:
    """A number in [0, 1) that belongs to something for good; a Random seeded by text costs twenty times as much."""
    return zlib.crc32("/".join(map(str, what)).encode()) / 2**32


def _share(person: Person, feed: str, share: float) -> bool:
    """Whether somebody is in a list, the same in every month."""
    return _draw(person.number, feed) < share


def _roster(of: Asked) -> Iterator[Line]:
    yield [house(of.person.home), _village(of.person.home), of.person.relation, "2020-01-01", "在户"]


def _paid(of: Asked) -> Iterator[Line]:
    if _share(of.person, "paid", 0.5):
        base = -1500 * math.log(1 - _draw(of.person.number, "amount"))
        grown = base * of.month.day.month / 12 if of.chance.random() < 0.2 else base / 2
        yield [str(of.month.day.year), f"{grown * 3:.2f}", f"{grown * 2:.2f}", f"{grown:.2f}"]


def _outpatient(of: Asked) -> Iterator[Line]:
    if of.chance.random() < 0.2:
        yield [of.month.name, f"{of.chance.expovariate(1 / 60):.2f}", "0"]


def _insured(of: Asked) -> Iterator[Line]:
    state = "未参保" if _draw(of.person.number, "insured") < 0.03 else "已参保"
    yield [str(of.month.day.year), state, "城乡居民"]


def _condition(of: Asked) -> Iterator[Line]:
    draw = _draw(of.person.number, "condition")
    old = _age(of.person, of.month) > 65 or _age(of.person, of.month) < 16
    health = "长期慢性病" if draw < 0.1 else "残疾" if draw < 0.12 else "健康"
    yield [health, "无劳动力" if old else "普通劳动力"]


def _allowance(of: Asked) -> Iterator[Line]:
    if _share(of.person, "allowance", 0.07):
        yield ["低保", "360", "2024-01-01", "", "享受"]


def _migrant(of: Asked) -> Iterator[Line]:
    if 18 <= _age(of.person, of.month) <= 60 and _share(of.person, "migrant", 0.35):
        yield [of.month.name, "广东", "某厂", "4500", "返乡" if of.chance.random() < 0.02 else "在岗"]


def _contributions(of: Asked) -> Iterator[Line]:
    if 18 <= _age(of.person, of.month) <= 60 and _share(of.person, "contributions", 0.1):
        yield [of.month.name, "中断" if of.chance.random() < 0.02 else "正常"]


FEEDS: Final[dict[tuple[str, str], tuple[tuple[str, ...], Lister]]] = {
    ("civil_affairs", "household_member"): (("户编号", "村代码", "与户主关系", "生效日期", "变动"), _roster),
    ("civil_affairs", "allowance"): (("类别", "金额", "起始日期", "终止日期", "状态"), _allowance),
    ("health", "self_paid_year"): (("年度", "医疗总费用", "基本医保支付", "个人自付"), _paid),
    ("health", "outpatient_month"): (("年月", "门诊统筹自付", "门特自付"), _outpatient),
    ("health", "insurance_year"): (("年度", "参保状态", "险种"), _insured),
    ("rural_affairs", "member_condition"): (("健康状况", "劳动技能"), _condition),
    ("human_resources", "migrant_work"): (("年月", "务工地", "务工单位", "月收入", "状态"), _migrant),
    ("human_resources", "insured_month"): (("年月", "缴费状态"), _contributions),
}
"""The person lists of a month's end; the list of households is written by `households`."""


def write(folder: Path, everybody: list[Person], month: Month) -> dict[tuple[str, str], tuple[Path, int]]:
    """Every list of a month as a csv file; gives file and number of rows by department and feed."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {(department, feed): write_one(folder, feed, everybody, month) for department, feed in FEEDS}
    path = folder / "household.csv"
    made["rural_affairs", "household"] = path, _write(path, HOUSEHOLD, _households(everybody, month))
    return made


def write_one(folder: Path, feed: str, everybody: list[Person], month: Month) -> tuple[Path, int]:
    """One list of persons as a csv file; gives file and number of rows."""
    columns, lister = next(how for (_, name), how in FEEDS.items() if name == feed)
    path, chance = folder / f"{feed}.csv", random.Random(f"{feed}{month.name}")
    lines = ((one, line) for one in everybody for line in lister(Asked(one, month, chance)))
    return path, _write(path, ("姓名", "身份证号", *columns), ([one.name, one.number, *line] for one, line in lines))


HOUSEHOLD: Final = ("户编号", "户主姓名", "村代码", "户类型", "人均纯收入", "住房等级", "是否唯一住房", "饮水安全")


def _households(everybody: list[Person], month: Month) -> Iterator[Line]:
    for person in everybody:
        if person.relation == "户主":
            income = 3000 + int(28_000 * _draw(person.home, "income"))
            if _draw(person.home, month.name) < CHANGED:
                income += 300
            poor = "脱贫户" if _draw(person.home, "poor") < 1 / 6 else "一般农户"
            yield [house(person.home), person.name, _village(person.home), poor, income, "A", "是", "是"]


def _write(path: Path, header: tuple[str, ...], rows: Iterator[Line]) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for count, row in enumerate(rows, 1):  # noqa: B007 (how many there were)
            writer.writerow(row)
    return count
