"""A county that only exists as words: a year of all eighteen feeds, as the records of their topics."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from bench import others
from contracts.civil_affairs import Allowance, HouseholdMember
from contracts.education import SchoolAbsence
from contracts.envelope import encode, make
from contracts.facts import Fact
from contracts.health import SelfPaidYear
from contracts.human_resources import Unemployment
from contracts.rural_affairs import Household
from contracts.sending import ListClosed, SendingClosed, sending_type
from contracts.topics import facts_topic
from contracts.vocabulary import Op
from shouwang.kit.clock import SHANGHAI

LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


def reference(kind: str, number: int) -> str:
    """A reference as the identity would give it: `p1` or `h1` and 26 letters without order."""
    digits = random.Random(number * 2 + (kind == "h1")).choices(LETTERS, k=26)
    return kind + "".join(digits)


@dataclass
class Person:
    """One member as every department knows it."""

    ref: str
    born: date
    sex: str
    relation: str
    paid: int = 0
    lost: date | None = None


@dataclass
class Home:
    """One household with its members, largest first."""

    ref: str
    order: str
    village: str
    lifted: bool
    income: int
    people: list[Person] = field(default_factory=list)


def make_county(households: int, seed: int = 1, county: str = "532927") -> list[Home]:
    """Households of one to six people; a sixth lifted out of poverty, a twelfth below the line."""
    chance = random.Random(seed)
    return [_home(number, chance, county) for number in range(households)]


def _home(number: int, chance: random.Random, county: str) -> Home:
    home = Home(
        reference("h1", number),
        f"{number:012x}",
        f"{county}{100 + number % 60:03d}{200 + number % 7:03d}",
        chance.random() < 1 / 6,
        int(chance.gauss(17000, 6500)),
    )
    home.income = max(home.income, 2500)
    for at in range(chance.choice((1, 2, 3, 4, 4, 5, 6))):
        years = chance.randint(25, 75) if at < 2 else chance.randint(0, 24)
        born = date(2025, 6, 1) - timedelta(days=365 * years + chance.randint(0, 364))
        relation = ("户主", "配偶", "子女", "子女", "孙子女", "父母")[at]
        home.people.append(Person(reference("p1", number * 8 + at), born, chance.choice("男女"), relation))
    return home


class Speaker:
    """Numbers and writes one county's words as the departments' relays would."""

    def __init__(self, county: str = "532927") -> None:
        self.county = county
        self.seqs: dict[str, int] = {}
        self.sendings = 0

    def sending(
        self, of: type[Fact], day: date, said: list[tuple[type[Fact], str, str, Fact]], *, periods: tuple[str, ...] = ()
    ) -> list[bytes]:
        """The words of one sending about one feed, its close included; with periods it is a list."""
        self.sendings += 1
        name = f"s{self.sendings:025d}"
        at = datetime.combine(day, time(9), SHANGHAI)
        words = [
            self._word(fact, subject, key, day, at, line, name, data)
            for line, (fact, subject, key, data) in enumerate(said, 2)
        ]
        words.append(self._close(of, day, at, name, len(said), periods))
        return words

    def _word(
        self, fact: type[Fact], subject: str, key: str, day: date, at: datetime, line: int, sending: str, data: Fact
    ) -> bytes:
        department = fact.meta.department
        seq = self.seqs[department] = self.seqs.get(department, 0) + 1
        return encode(
            make(
                county=self.county,
                type_=fact.meta.type,
                subject=subject,
                key=key,
                op=Op.STATE,
                as_of=day,
                stated_at=at,
                line=line,
                sending=sending,
                seq=seq,
                data=data,
            )
        )

    def _close(
        self, fact: type[Fact], day: date, at: datetime, sending: str, rows: int, periods: tuple[str, ...]
    ) -> bytes:
        department = fact.meta.department
        seq = self.seqs[department] = self.seqs.get(department, 0) + 1
        closed = SendingClosed(
            feed=fact.meta.feed,
            shape="list" if periods else "increment",
            lists=tuple(ListClosed(period=period) for period in periods),
            received=rows,
            accepted=rows,
            unchanged=0,
            superseded=0,
            duplicate=0,
            rejected=0,
            withdrawn=0,
            doubtful=0,
        )
        return encode(
            make(
                county=self.county,
                type_=sending_type(department),
                subject=self.county,
                key=sending,
                op=Op.STATE,
                as_of=day,
                stated_at=at,
                line=0,
                sending=sending,
                seq=seq,
                data=closed,
            )
        )


def year(
    homes: list[Home], months: int = 12, seed: int = 2, county: str = "532927"
) -> Iterator[tuple[date, str, list[bytes]]]:
    """(day, topic, words of one sending) in order: the roster, then what the departments say month by month."""
    speaker, chance = Speaker(county), random.Random(seed)
    begin = date(2025, 7, 1)
    yield (
        begin,
        facts_topic("civil_affairs"),
        speaker.sending(HouseholdMember, begin, list(_roster(homes)), periods=("",)),
    )
    yield begin, facts_topic("rural_affairs"), speaker.sending(Household, begin, list(_survey(homes)), periods=("",))
    yield (
        begin,
        facts_topic("civil_affairs"),
        speaker.sending(Allowance, begin, list(_allowances(homes)), periods=("",)),
    )
    for rows, periods in others.at_first(homes, begin, chance):
        of = rows[0][0]
        yield begin, facts_topic(of.meta.department), speaker.sending(of, begin, rows, periods=periods)
    for month in range(months):
        day = date(2025 + (6 + month) // 12, (6 + month) % 12 + 1, 5)
        yield (
            day,
            facts_topic("health"),
            speaker.sending(SelfPaidYear, day, list(_paid(homes, day, chance)), periods=(str(day.year),)),
        )
        yield day, facts_topic("human_resources"), speaker.sending(Unemployment, day, list(_lost(homes, day, chance)))
        yield day, facts_topic("education"), speaker.sending(SchoolAbsence, day, list(_absent(homes, day, chance)))
        for rows, periods in others.of_month(homes, day, chance):
            if rows:
                of = rows[0][0]
                yield day, facts_topic(of.meta.department), speaker.sending(of, day, rows, periods=periods)


def _roster(homes: list[Home]) -> Iterator[tuple[type[Fact], str, str, Fact]]:
    for home in homes:
        for one in home.people:
            yield (
                HouseholdMember,
                one.ref,
                home.ref,
                HouseholdMember(
                    户编号=home.ref,
                    户序=home.order,
                    村代码=home.village,
                    与户主关系=one.relation,
                    生效日期=max(one.born, date(2015, 1, 1)),
                    变动="在户",
                    出生年月=f"{one.born:%Y-%m}",
                    性别="男" if one.sex == "男" else "女",
                ),
            )


def _survey(homes: list[Home]) -> Iterator[tuple[type[Fact], str, str, Fact]]:
    for home in homes:
        yield (
            Household,
            home.ref,
            "",
            Household(
                村代码=home.village,
                户类型="脱贫户" if home.lifted else "一般农户",
                人均纯收入=Decimal(home.income),
                住房等级="B",
                是否唯一住房="是",
                饮水安全="是",
            ),
        )


def _allowances(homes: list[Home]) -> Iterator[tuple[type[Fact], str, str, Fact]]:
    for home in homes:
        if home.income < 8000:
            for one in home.people:
                data = Allowance(类别="低保", 金额=Decimal(400), 起始日期=date(2024, 1, 1), 终止日期="无", 状态="享受")
                yield Allowance, one.ref, "低保", data


def _paid(homes: list[Home], day: date, chance: random.Random) -> Iterator[tuple[type[Fact], str, str, Fact]]:
    """A cumulative list: whoever has paid anything this year, a third of them more than a month ago."""
    for home in homes:
        for one in home.people:
            if day.month == 1:
                one.paid = 0
            if chance.random() < 0.12:
                one.paid += int(chance.expovariate(1 / 900)) + 1
            elif one.paid == 0 or chance.random() < 0.6:
                continue
            total = Decimal(one.paid * 2)
            data = SelfPaidYear(
                年度=str(day.year), 医疗总费用=total, 基本医保支付=total / 2, 个人自付=Decimal(one.paid)
            )
            yield SelfPaidYear, one.ref, str(day.year), data


def _lost(homes: list[Home], day: date, chance: random.Random) -> Iterator[tuple[type[Fact], str, str, Fact]]:
    for home in homes:
        for one in home.people:
            if one.lost is not None and chance.random() < 0.3:
                yield Unemployment, one.ref, f"{one.lost}", Unemployment(失业日期=one.lost, 状态="已再就业")
                one.lost = None
            elif one.born.year < 2007 and chance.random() < 0.004:
                one.lost = day - timedelta(days=chance.randint(1, 40))
                yield (
                    Unemployment,
                    one.ref,
                    f"{one.lost}",
                    Unemployment(失业日期=one.lost, 失业原因="合同到期", 状态="失业"),
                )


def _absent(homes: list[Home], day: date, chance: random.Random) -> Iterator[tuple[type[Fact], str, str, Fact]]:
    for home in homes:
        for one in home.people:
            if 2009 <= one.born.year <= 2018 and chance.random() < 0.003:
                data = SchoolAbsence(
                    学校="乡中心校", 学段="初中", 缺课天数=chance.randint(3, 30), 发现日期=day, 状态="疑似辍学"
                )
                yield SchoolAbsence, one.ref, f"t{day:%Y%m}{one.ref[-6:]}", data
