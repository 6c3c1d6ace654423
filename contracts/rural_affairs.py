"""What the agriculture and rural affairs bureau (农业农村局) states."""

from datetime import date
from typing import Literal

from contracts.facts import Fact, FactMeta
from contracts.rhythm import AT_ONCE, monthly
from contracts.vocabulary import (
    DataClass,
    DateOrNone,
    Shape,
    SubjectKind,
    Text,
    TextOrNone,
    VillageCode,
    YesNo,
    Yuan,
)

TITLE = "农业农村局"
SHORT_TITLE = "农业农村"
LIAISON = "农业农村局 乡村振兴股"

HouseholdKind = Literal["脱贫户", "一般农户"]
HousingGrade = Literal["A", "B", "C", "D"]
MonitoredKind = Literal["脱贫不稳定户", "边缘易致贫户", "突发严重困难户"]
RemovalOrNone = Literal["帮扶消除", "自然消除", "无"]
HealthState = Literal["健康", "长期慢性病", "患有大病", "残疾"]
LabourSkill = Literal["技能劳动力", "普通劳动力", "弱劳动力或半劳动力", "丧失劳动力", "无劳动力"]
DisabilityGrade = Literal["1", "2", "3", "4"]
EventKind = Literal["供水中断", "自然灾害", "农产品价格下跌", "动物疫病"]


class Household(
    Fact,
    meta=FactMeta(
        type="rural_affairs.household.v1",
        title="农户基本信息",
        subject=SubjectKind.HOUSEHOLD,
        shape=Shape.LIST,
        rhythm=monthly(),
        key="",
    ),
):
    """A rural household as the bureau's yearly collection knows it; incomes in yuan a head and year."""

    村代码: VillageCode | None = None
    村民小组: Text | None = None
    户类型: HouseholdKind | None = None
    人均纯收入: Yuan | None = None
    合规自付支出: Yuan | None = None
    住房等级: HousingGrade | None = None
    是否唯一住房: YesNo | None = None
    饮水安全: YesNo | None = None
    整户无劳动能力兜底保障户: YesNo | None = None


class Monitored(
    Fact,
    meta=FactMeta(
        type="rural_affairs.monitored.v1",
        title="监测对象",
        subject=SubjectKind.HOUSEHOLD,
        shape=Shape.LIST,
        rhythm=monthly(),
        key="",
    ),
):
    """A household recognised as at risk of falling into poverty, why, and what has been done.

    Of 风险1 an empty cell says nothing; of the other risks, of the removal and of the measures it says 无, there is
    none. 帮扶措施 is one text, its measures joined by 、.
    """

    监测对象类别: MonitoredKind | None = None
    识别时间: date | None = None
    风险1: Text | None = None
    风险2: TextOrNone | None = None
    风险3: TextOrNone | None = None
    风险4: TextOrNone | None = None
    风险5: TextOrNone | None = None
    消除时间: DateOrNone | None = None
    消除方式: RemovalOrNone | None = None
    帮扶措施: TextOrNone | None = None


class MemberCondition(
    Fact,
    meta=FactMeta(
        type="rural_affairs.member_condition.v1",
        title="成员情况",
        subject=SubjectKind.PERSON,
        shape=Shape.LIST,
        rhythm=monthly(),
        key="",
    ),
):
    """A household member's health, ability to work and disability (grade 1 is the gravest)."""

    健康状况: HealthState | None = None
    劳动技能: LabourSkill | None = None
    残疾等级: DisabilityGrade | None = None
    残疾评定日期: date | None = None
    未上学原因: Text | None = None


class VillageEvent(
    Fact,
    meta=FactMeta(
        type="rural_affairs.village_event.v1",
        title="村级事件",
        subject=SubjectKind.VILLAGE,
        shape=Shape.INCREMENT,
        rhythm=AT_ONCE,
        key="事件编号",
        own_date="开始日期",
        data_class=DataClass.PSEUDONYMOUS,
    ),
):
    """Something that befell a whole village; 结束日期 may lie ahead."""

    事件类型: EventKind | None = None
    开始日期: date | None = None
    结束日期: DateOrNone | None = None
    说明: Text | None = None


FACTS: tuple[type[Fact], ...] = (Household, Monitored, MemberCondition, VillageEvent)
