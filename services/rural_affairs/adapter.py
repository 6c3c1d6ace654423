"""The agriculture and rural affairs bureau's feeds."""

from contracts import rural_affairs
from services.rural_affairs.records import ConditionRow, EventRow, HouseholdRow, MonitoredRow
from shouwang.kit.adapter.declaration import PLAIN, Adapter

adapter = Adapter("rural_affairs", contract=rural_affairs)


@adapter.feed("household", HouseholdRow, key=PLAIN)
def household(row: HouseholdRow) -> rural_affairs.Household:
    """A rural household as the yearly collection knows it."""
    return rural_affairs.Household(
        村代码=row.村代码,
        村民小组=row.村民小组,
        户类型=row.户类型,
        人均纯收入=row.人均纯收入,
        合规自付支出=row.合规自付支出,
        住房等级=row.住房等级,
        是否唯一住房=row.是否唯一住房,
        饮水安全=row.饮水安全,
        整户无劳动能力兜底保障户=row.整户无劳动能力兜底保障户,
    )


@adapter.feed("monitored", MonitoredRow, key=PLAIN)
def monitored(row: MonitoredRow) -> rural_affairs.Monitored:
    """A household recognised as at risk, why, and what has been done."""
    return rural_affairs.Monitored(
        监测对象类别=row.监测对象类别,
        识别时间=row.识别时间,
        风险1=row.风险1,
        风险2=row.风险2,
        风险3=row.风险3,
        风险4=row.风险4,
        风险5=row.风险5,
        消除时间=row.消除时间,
        消除方式=row.消除方式,
        帮扶措施=row.帮扶措施,
    )


@adapter.feed("member_condition", ConditionRow, key=PLAIN)
def member_condition(row: ConditionRow) -> rural_affairs.MemberCondition:
    """A household member's health, ability to work and disability."""
    return rural_affairs.MemberCondition(
        健康状况=row.健康状况,
        劳动技能=row.劳动技能,
        残疾等级=row.残疾等级,
        残疾评定日期=row.残疾评定日期,
        未上学原因=row.未上学原因,
    )


@adapter.feed("village_event", EventRow, key="事件编号")
def village_event(row: EventRow) -> rural_affairs.VillageEvent:
    """Something that befell a whole village."""
    return rural_affairs.VillageEvent(
        事件类型=row.事件类型, 开始日期=row.开始日期, 结束日期=row.结束日期, 说明=row.说明
    )
