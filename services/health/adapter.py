"""The health insurance bureau's feeds."""

from datetime import date

from contracts import health
from services.health.records import IllnessRow, InsuranceRow, OutpatientRow, SelfPaidRow, StayRow
from shouwang.kit.adapter.declaration import Adapter, Key

adapter = Adapter("health", contract=health)


@adapter.feed("self_paid_year", SelfPaidRow, key="年度")
def self_paid_year(row: SelfPaidRow) -> health.SelfPaidYear:
    """What a person has paid for treatment in the year so far."""
    return health.SelfPaidYear(
        年度=row.年度,
        医疗总费用=row.医疗总费用,
        基本医保支付=row.基本医保支付,
        大病保险支付=row.大病保险支付,
        医疗救助支付=row.医疗救助支付,
        个人自付=row.个人自付,
    )


def illness_key(row: IllnessRow, _as_of: date) -> str | None:
    """The keyed hash of the 病种: a key travels in clear, and a diagnosis must not."""
    return row.病种 and row.病种.digest


@adapter.feed("hospital_stay", StayRow, key="结算单号")
def hospital_stay(row: StayRow) -> health.HospitalStay:
    """One settled stay in a hospital."""
    return health.HospitalStay(
        医院=row.医院,
        入院日期=row.入院日期,
        出院日期=row.出院日期,
        医疗总费用=row.医疗总费用,
        个人自付=row.个人自付,
    )


@adapter.feed("outpatient_month", OutpatientRow, key="年月")
def outpatient_month(row: OutpatientRow) -> health.OutpatientMonth:
    """What a person has paid for outpatient treatment in one month."""
    return health.OutpatientMonth(年月=row.年月, 门诊统筹自付=row.门诊统筹自付, 门特自付=row.门特自付)


@adapter.feed("serious_illness", IllnessRow, key=Key(illness_key, columns=("病种",), needs=("病种",)))
def serious_illness(row: IllnessRow) -> health.SeriousIllness:
    """A serious illness newly found."""
    assert row.病种 is not None  # its key
    return health.SeriousIllness(病种=row.病种.text, 确诊日期=row.确诊日期, 确诊医院=row.确诊医院)


@adapter.feed("insurance_year", InsuranceRow, key="年度")
def insurance_year(row: InsuranceRow) -> health.InsuranceYear:
    """Whether a person is insured in a calendar year."""
    return health.InsuranceYear(年度=row.年度, 参保状态=row.参保状态, 险种=row.险种)
