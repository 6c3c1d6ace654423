"""The health insurance bureau's rows, in its own words."""

from shouwang.kit.adapter.columns import Amount, Year
from shouwang.kit.adapter.declaration import PersonRecord


class SelfPaidRow(PersonRecord):
    """A line of the 年度累计自付: one insured person's year so far."""

    年度 = Year()
    医疗总费用 = Amount()
    基本医保支付 = Amount("统筹支付")
    大病保险支付 = Amount()
    医疗救助支付 = Amount()
    个人自付 = Amount("合规自付", "个人负担金额")
