"""The health insurance bureau's rows, in its own words."""

from contracts import health
from shouwang.kit.adapter.columns import Amount, Choice, Code, Diagnosis, Month, PastDate, Text, Year
from shouwang.kit.adapter.declaration import PersonRecord


class SelfPaidRow(PersonRecord):
    """A line of the 年度累计自付: one insured person's year so far."""

    年度 = Year()
    医疗总费用 = Amount()
    基本医保支付 = Amount("统筹支付")
    大病保险支付 = Amount()
    医疗救助支付 = Amount()
    个人自付 = Amount("合规自付", "个人负担金额")


class StayRow(PersonRecord):
    """A line of the 住院结算: one settled stay."""

    结算单号 = Code()
    医院 = Text()
    入院日期 = PastDate()
    出院日期 = PastDate()
    医疗总费用 = Amount()
    个人自付 = Amount()


class OutpatientRow(PersonRecord):
    """A line of the 门诊月度费用."""

    年月 = Month()
    门诊统筹自付 = Amount()
    门特自付 = Amount()


class IllnessRow(PersonRecord):
    """A line of the 大病新增."""

    病种 = Diagnosis()
    确诊日期 = PastDate()
    确诊医院 = Text()


class InsuranceRow(PersonRecord):
    """A line of the 参保状态."""

    年度 = Year()
    参保状态 = Choice[health.InsuranceState]()
    险种 = Text()
