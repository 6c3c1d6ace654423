"""Microseconds per judged household: the live rulebook over households a year into their lists, nothing else around it.

`python -m bench.judge [--households N] [--rounds N] [--profile]`; CPU seconds, best of the rounds.
"""

import argparse
import cProfile
import pstats
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any

from contracts.catalogue import BY_NAME
from contracts.civil_affairs import HouseholdMember
from contracts.sending import ListClosed
from contracts.vocabulary import Op
from services.alerts.domain.household import MEMBER, Household, Lists, Lived, lived
from services.alerts.domain.judgement import judge
from services.alerts.domain.rulebook import Policy
from services.alerts.domain.word import Facts, Word, take
from services.alerts.policy import load_rulebook

DAY = date(2026, 6, 15)
SAID_AT = datetime(2026, 6, 1, tzinfo=UTC)
MONTHS = [f"{2025 + (5 + n) // 12}-{(5 + n) % 12 + 1:02}" for n in range(12)]
SIZES = (1, 2, 3, 3, 4, 4, 5)
RULEBOOK = Path(__file__).parents[1] / "services" / "alerts" / "rulebook"

Said = tuple[str, str, dict[str, Any]]
"""Fact, key, fields."""


def _of_person(random: Random, age: int) -> Iterator[Said]:
    """What five bureaus' lists say of one person; the shares are those of a Yunnan county, roughly."""
    yield (
        "health.insurance_year",
        "2026",
        {"年度": "2026", "参保状态": "未参保" if random.random() < 0.02 else "已参保"},
    )
    if random.random() < 0.5:
        yield "health.self_paid_year", "2026", {"年度": "2026", "个人自付": random.choice((80, 400, 900, 2500, 7000))}
    if random.random() < 0.2:
        for month in MONTHS[-random.randint(1, 12) :]:
            spent = {"门诊统筹自付": random.choice((20, 60, 180)), "门特自付": random.choice((0, 0, 350))}
            yield "health.outpatient_month", month, {"年月": month, **spent}
    skill = (
        "无劳动力"
        if age < 16 or age > 75
        else random.choice(("普通劳动力", "普通劳动力", "技能劳动力", "弱劳动力或半劳动力"))
    )
    yield "rural_affairs.member_condition", "", {"健康状况": "健康", "劳动技能": skill}
    if 6 <= age <= 18:
        yield "education.enrolment", "", {"学段": "小学" if age < 12 else "初中" if age < 15 else "普通高中"}
    if 18 <= age <= 55 and random.random() < 0.45:
        for month in MONTHS:
            yield (
                "human_resources.migrant_work",
                month,
                {"年月": month, "状态": "返乡" if random.random() < 0.03 else "在岗"},
            )
    if 18 <= age <= 55 and random.random() < 0.15:
        for month in MONTHS:
            yield (
                "human_resources.insured_month",
                month,
                {"年月": month, "缴费状态": "中断" if random.random() < 0.03 else "正常"},
            )
    if random.random() < 0.05:
        yield (
            "civil_affairs.allowance",
            "低保",
            {"类别": "低保", "状态": "享受", "起始日期": "2024-01-01", "终止日期": "无"},
        )


def _of_home(random: Random) -> Iterator[Said]:
    survey = {"户类型": random.choice(("脱贫户", "一般农户")), "人均纯收入": random.choice((8000, 14000, 16000, 21000))}
    safe = {"住房等级": random.choice("ABBC"), "是否唯一住房": "否", "饮水安全": "是"}
    yield "rural_affairs.household", "", {**survey, **safe, "村代码": "532927100200"}
    if random.random() < 0.03:
        watched = {"监测对象类别": "边缘易致贫户", "识别时间": "2025-03-01", "风险1": "因病", "消除时间": "无"}
        yield "rural_affairs.monitored", "", {**watched, "帮扶措施": "健康帮扶"}


def _facts(subject: str, said: Iterator[Said]) -> Facts:
    facts: Facts = {}
    for name, key, fields in said:
        of = BY_NAME[name]
        data = of.model_validate(fields)
        id_ = f"{subject}/{name}/{key}"
        take(facts, Word(of.meta.type, subject, key, Op.STATE, DAY, SAID_AT, 1, id_, "s", data))
    return facts


def homes(count: int) -> list[tuple[Household, Lived]]:
    """Households with their living members."""
    random, found = Random(1), []
    for n in range(count):
        ref, members = f"h1{n:026}", {}
        for m in range(random.choice(SIZES)):
            person, age = f"p1{n:022}{m:04}", random.choice((7, 13, 17, 30, 38, 45, 52, 66, 78))
            facts = members[person] = _facts(person, _of_person(random, age))
            data = HouseholdMember.model_construct(
                户编号=ref, 户序=f"{n:08}", 村代码="532927100200", 生效日期=None, 变动="在户",
                出生年月=f"{DAY.year - age}-01", 性别="男",
            )  # fmt: skip
            take(facts, Word(MEMBER, person, ref, Op.STATE, DAY, SAID_AT, 1, f"{person}/home", "s", data))
        home = Household(ref, _facts(ref, _of_home(random)), members)
        found.append((home, lived(home, DAY)))
    return found


def lists() -> Lists:
    """Every monthly list has come."""
    found = Lists()
    for name, periods in (("human_resources.insured_month", MONTHS), ("rural_affairs.member_condition", [""])):
        for period in periods:
            found.take(BY_NAME[name].meta.type, ListClosed(period=period), DAY, SAID_AT, "s")
    return found


def once(policy: Policy, county: list[tuple[Household, Lived]], heard: Lists) -> tuple[float, int]:
    """(CPU seconds, alerts) of judging everybody once."""
    begun, alerts = time.process_time(), 0
    for home, living in county:
        alerts += len(judge(home, policy, DAY, heard, home=living).alerts)
    return time.process_time() - begun, alerts


def main(arguments: list[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.judge")
    parser.add_argument("--households", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--profile", action="store_true")
    asked = parser.parse_args(arguments)
    policy, county, heard = load_rulebook(RULEBOOK), homes(asked.households), lists()
    rounds = [once(policy, county, heard) for _ in range(asked.rounds)]
    cpu, alerts = min(rounds)
    people = sum(len(living.members) for _, living in county)
    print(
        f"{asked.households} households, {people} people, {alerts} alerts: {cpu / len(county) * 1e6:.1f} µs a household"
    )
    if asked.profile:
        profile = cProfile.Profile()
        profile.runcall(once, policy, county, heard)
        pstats.Stats(profile).sort_stats("tottime").print_stats(30)


if __name__ == "__main__":
    main(sys.argv[1:])
