"""Evidence is about the person it names, whatever else is asked of the household on the way."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from contracts.civil_affairs import HouseholdMember
from contracts.health import SelfPaidYear
from contracts.vocabulary import Op
from services.alerts.domain.household import MEMBER, Household, Lists
from services.alerts.domain.judgement import judge
from services.alerts.domain.word import Facts, Word
from services.alerts.policy import load_rulebook

DAY = date(2026, 6, 15)
NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
RULEBOOK = Path(__file__).parents[3] / "services" / "alerts" / "rulebook"
BILL = "health.self_paid_year.v1"


def living(name: str) -> Facts:
    data = HouseholdMember.model_construct(
        户编号="户", 户序="", 出生年月="1980-03", 性别="男", 变动="在户", 生效日期=None
    )
    return {MEMBER: {"户": Word(MEMBER, name, "户", Op.STATE, DAY, NOON, 1, f"{name}在户", "s", data)}}


@pytest.mark.parametrize("patient", ["甲", "乙", "丙"])
def test_a_bill_is_told_of_whoever_has_it_though_the_class_is_asked_of_everybody(patient: str) -> None:
    members = {name: living(name) for name in ("甲", "乙", "丙")}
    bill = SelfPaidYear(年度="2026", 个人自付=Decimal(26_400))
    members[patient][BILL] = {"2026": Word(BILL, patient, "2026", Op.STATE, DAY, NOON, 1, "账单", "s", bill)}
    judged = judge(Household("户", {}, members), load_rulebook(RULEBOOK), DAY, Lists())
    (evidence,) = judged.signals
    assert (evidence.subject, evidence.facts) == (patient, ("账单",))
    assert "26,400元" in evidence.says
