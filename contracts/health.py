"""What the health insurance bureau (医疗保障局) states."""

from datetime import date
from typing import Literal

from contracts.facts import Fact, FactMeta
from contracts.rhythm import AT_ONCE, monthly
from contracts.vocabulary import DataClass, Month, Shape, SubjectKind, Text, Year, Yuan

TITLE = "医疗保障局"
SHORT_TITLE = "医保"
LIAISON = "医疗保障局 信息科"

InsuranceState = Literal["已参保", "未参保"]


class SelfPaidYear(
    Fact,
    meta=FactMeta(
        type="health.self_paid_year.v1",
        title="年度累计自付",
        subject=SubjectKind.PERSON,
        shape=Shape.LIST,
        rhythm=monthly(by=5),
        key="年度",
        period="年度",
    ),
):
    """What a person has paid for treatment in a calendar year so far, after all reimbursement; yuan, cumulative."""

    年度: Year
    医疗总费用: Yuan | None = None
    基本医保支付: Yuan | None = None
    大病保险支付: Yuan | None = None
    医疗救助支付: Yuan | None = None
    个人自付: Yuan | None = None


class HospitalStay(
    Fact,
    meta=FactMeta(
        type="health.hospital_stay.v1",
        title="住院结算",
        subject=SubjectKind.PERSON,
        shape=Shape.INCREMENT,
        rhythm=AT_ONCE,
        key="结算单号",
        own_date="出院日期",
    ),
):
    """One settled stay in a hospital; yuan."""

    医院: Text | None = None
    入院日期: date | None = None
    出院日期: date | None = None
    医疗总费用: Yuan | None = None
    个人自付: Yuan | None = None


class OutpatientMonth(
    Fact,
    meta=FactMeta(
        type="health.outpatient_month.v1",
        title="门诊月度费用",
        subject=SubjectKind.PERSON,
        shape=Shape.LIST,
        rhythm=monthly(by=5),
        key="年月",
        period="年月",
    ),
):
    """What a person has paid for outpatient treatment in one month; 门特 is that of special chronic diseases; yuan."""

    年月: Month
    门诊统筹自付: Yuan | None = None
    门特自付: Yuan | None = None


class SeriousIllness(
    Fact,
    meta=FactMeta(
        type="health.serious_illness.v1",
        title="大病新增",
        subject=SubjectKind.PERSON,
        shape=Shape.INCREMENT,
        rhythm=monthly(by=5),
        key="病种 (its keyed hash)",
        own_date="确诊日期",
    ),
):
    """A serious illness newly found; its key does not name it (trust.md D2, P3)."""

    病种: Text
    确诊日期: date | None = None
    确诊医院: Text | None = None


class InsuranceYear(
    Fact,
    meta=FactMeta(
        type="health.insurance_year.v1",
        title="参保状态",
        subject=SubjectKind.PERSON,
        shape=Shape.LIST,
        rhythm=monthly(),
        key="年度",
        period="年度",
        data_class=DataClass.PSEUDONYMOUS,
    ),
):
    """Whether a person is insured in a calendar year."""

    年度: Year
    参保状态: InsuranceState | None = None
    险种: Text | None = None


FACTS: tuple[type[Fact], ...] = (SelfPaidYear, HospitalStay, OutpatientMonth, SeriousIllness, InsuranceYear)
