"""The feeds a county's other offices send beside the first six, in the amounts feeds.md and domain.md let expect."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from contracts.education import Enrolment, SchoolCost
from contracts.facts import Fact
from contracts.health import HospitalStay, InsuranceYear, OutpatientMonth, SeriousIllness
from contracts.human_resources import InsuredMonth, MigrantWork, PublicPost
from contracts.rural_affairs import MemberCondition, Monitored, VillageEvent

if TYPE_CHECKING:
    from bench.pretend import Home, Person

Said = tuple[type[Fact], str, str, Fact]
"""A fact with its type, subject and key."""

STAGES = ((3, "学前教育"), (6, "小学"), (12, "初中"), (15, "普通高中"), (18, "本科"), (22, None))


def _people(homes: Sequence[Home]) -> Iterator[Person]:
    return (one for home in homes for one in home.people)


def _age(one: Person, day: date) -> int:
    return day.year - one.born.year


def at_first(homes: Sequence[Home], day: date, chance: random.Random) -> Iterator[tuple[list[Said], tuple[str, ...]]]:
    """The whole lists a county loads once: (rows, the periods the list is whole for), empty for none."""
    year = str(day.year)
    yield [(InsuranceYear, one.ref, year, _insured(year, chance)) for one in _people(homes)], (year,)
    yield [(MemberCondition, one.ref, "", _condition(one, day, chance)) for one in _people(homes)], ("",)
    yield list(_pupils(homes, day)), ("",)
    school = f"{day.year - 1}-{day.year}"
    yield [(SchoolCost, ref, school, _cost(school, chance)) for _, ref, _, _ in _pupils(homes, day)], (school,)
    yield [(Monitored, home.ref, "", _monitored(day, chance)) for home in homes if chance.random() < 0.02], ("",)
    yield [(PublicPost, one.ref, "", _post()) for one in _people(homes) if chance.random() < 0.01], ("",)


def _insured(year: str, chance: random.Random) -> InsuranceYear:
    state = "未参保" if chance.random() < 0.01 else "已参保"
    return InsuranceYear.model_validate({"年度": year, "参保状态": state, "险种": "城乡居民基本医疗保险"})


def _condition(one: Person, day: date, chance: random.Random) -> MemberCondition:
    old = _age(one, day) > 65 or _age(one, day) < 16
    skill = "无劳动力" if old else chance.choice(("普通劳动力", "普通劳动力", "技能劳动力", "弱劳动力或半劳动力"))
    disabled = {"残疾等级": chance.choice("1234"), "残疾评定日期": "2024-05-01"} if chance.random() < 0.05 else {}
    health = "残疾" if disabled else chance.choice(("健康", "健康", "健康", "长期慢性病"))
    return MemberCondition.model_validate({"健康状况": health, "劳动技能": skill, **disabled})


def _pupils(homes: Sequence[Home], day: date) -> Iterator[Said]:
    for one in _people(homes):
        stage = next((name for until, name in reversed(STAGES) if _age(one, day) >= until), None)
        if stage is not None:
            yield Enrolment, one.ref, "", Enrolment.model_validate({"学校": "乡中心校", "学段": stage})


def _cost(school: str, chance: random.Random) -> SchoolCost:
    fee = Decimal(chance.choice((0, 0, 400, 800, 4500)))
    return SchoolCost(学年=school, 学费=fee, 住宿费=Decimal(200), 教材费=Decimal(150), 资助金额=Decimal(0))


def _monitored(day: date, chance: random.Random) -> Monitored:
    said = {"监测对象类别": "边缘易致贫户", "识别时间": day - timedelta(days=chance.randint(10, 900)), "风险1": "因病"}
    return Monitored.model_validate(
        said | {"消除时间": "无", "帮扶措施": "产业帮扶" if chance.random() < 0.9 else "无"}
    )


def _post() -> PublicPost:
    return PublicPost(岗位类型="生态护林员", 起始日期=date(2024, 1, 1), 终止日期="无", 月补贴=Decimal(800))


def of_month(homes: Sequence[Home], day: date, chance: random.Random) -> Iterator[tuple[list[Said], tuple[str, ...]]]:
    """What comes every month: three lists of the month before, three increments."""
    month = (day.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    people = list(_people(homes))
    away = [one for one in people if _works(one, day) and _steady(one) % 3 == 0]
    yield [(MigrantWork, one.ref, month, _away(month, chance)) for one in away], (month,)
    insured = [one for one in people if _works(one, day) and _steady(one) % 5 == 1]
    yield [(InsuredMonth, one.ref, month, _paying(month, chance)) for one in insured], (month,)
    ill = [one for one in people if chance.random() < 0.15]
    yield [(OutpatientMonth, one.ref, month, _visits(month, chance)) for one in ill], (month,)
    stays = [one for one in people if chance.random() < 0.012]
    yield [(HospitalStay, one.ref, f"{month}{one.ref[-8:]}", _stay(day, chance)) for one in stays], ()
    found = [one for one in people if chance.random() < 0.0005]
    yield [(SeriousIllness, one.ref, "k" * 26, SeriousIllness(病种="恶性肿瘤", 确诊日期=day)) for one in found], ()
    villages = sorted({home.village for home in homes})
    event = VillageEvent.model_validate({"事件类型": "供水中断", "开始日期": day, "结束日期": "无"})
    yield [(VillageEvent, chance.choice(villages), f"e{month}", event)], ()


def _works(one: Person, day: date) -> bool:
    return 16 <= _age(one, day) < 60


def _steady(one: Person) -> int:
    return sum(map(ord, one.ref[-4:]))


def _away(month: str, chance: random.Random) -> MigrantWork:
    home = chance.random() < 0.03
    said = {"年月": month, "务工地": "广东省东莞市", "月收入": str(chance.randint(20, 70) * 100)}
    return MigrantWork.model_validate(said | {"状态": "返乡" if home else "在岗"})


def _paying(month: str, chance: random.Random) -> InsuredMonth:
    return InsuredMonth.model_validate({"年月": month, "缴费状态": "中断" if chance.random() < 0.02 else "正常"})


def _visits(month: str, chance: random.Random) -> OutpatientMonth:
    paid = Decimal(int(chance.expovariate(1 / 90)) + 1)
    return OutpatientMonth(年月=month, 门诊统筹自付=paid, 门特自付=Decimal(0))


def _stay(day: date, chance: random.Random) -> HospitalStay:
    left = day - timedelta(days=chance.randint(0, 30))
    paid = Decimal(int(chance.expovariate(1 / 2500)) + 100)
    return HospitalStay(
        医院="县人民医院", 入院日期=left - timedelta(days=6), 出院日期=left, 医疗总费用=paid * 3, 个人自付=paid
    )
