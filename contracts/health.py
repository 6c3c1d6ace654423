"""What the health insurance bureau (医疗保障局) states."""

from contracts.facts import Fact, FactMeta
from contracts.vocabulary import Shape, SubjectKind, Year, Yuan


class SelfPaidYear(
    Fact,
    meta=FactMeta(
        type="health.self_paid_year.v1",
        title="年度累计自付",
        subject=SubjectKind.PERSON,
        shape=Shape.LIST,
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


FACTS: tuple[type[Fact], ...] = (SelfPaidYear,)
