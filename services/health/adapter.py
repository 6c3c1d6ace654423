"""The health insurance bureau's feeds."""

from contracts import health
from services.health.records import SelfPaidRow
from shouwang.kit.adapter.declaration import FULL_LIST, Adapter, monthly

adapter = Adapter("health", contract=health, liaison="医疗保障局 信息科")


@adapter.feed("self_paid_year", SelfPaidRow, key="年度", rhythm=monthly(by=5), shape=FULL_LIST)
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
