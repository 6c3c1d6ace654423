"""The agriculture and rural affairs bureau's rows, in its own words."""

from contracts import rural_affairs
from contracts.vocabulary import YesNo
from shouwang.kit.adapter.columns import (
    Amount,
    Aside,
    Choice,
    ChoiceOrNone,
    Code,
    Contact,
    OpenDate,
    PastDate,
    PastOpenDate,
    Several,
    Text,
    TextOrNone,
    Village,
)
from shouwang.kit.adapter.declaration import HouseholdRecord, PersonRecord, VillageRecord


class HouseholdRow(HouseholdRecord):
    """A line of the 农户基本信息; 户主姓名, 住址 and 联系电话 go to the vault and nowhere else."""

    name_column = "户主姓名"

    户主姓名 = Text()
    村代码 = Village()
    户类型 = Choice[rural_affairs.HouseholdKind]()
    人均纯收入 = Amount()
    合规自付支出 = Amount()
    住房等级 = Choice[rural_affairs.HousingGrade]()
    是否唯一住房 = Choice[YesNo]()
    饮水安全 = Choice[YesNo]()
    整户无劳动能力兜底保障户 = Choice[YesNo]()
    村民小组 = Aside()
    住址 = Contact()
    联系电话 = Contact()


class MonitoredRow(HouseholdRecord):
    """A line of the 监测对象; only of 风险1 an empty cell says nothing, elsewhere it says there is none."""

    监测对象类别 = Choice[rural_affairs.MonitoredKind]()
    识别时间 = PastDate()
    风险1 = Text()
    风险2 = TextOrNone()
    风险3 = TextOrNone()
    风险4 = TextOrNone()
    风险5 = TextOrNone()
    消除时间 = PastOpenDate()
    消除方式 = ChoiceOrNone[rural_affairs.RemovalOrNone]()
    帮扶措施 = Several()


class ConditionRow(PersonRecord):
    """A line of the 成员情况."""

    健康状况 = Choice[rural_affairs.HealthState]()
    劳动技能 = Choice[rural_affairs.LabourSkill]()
    残疾等级 = Choice[rural_affairs.DisabilityGrade]()
    残疾评定日期 = PastDate()
    未上学原因 = Text()


class EventRow(VillageRecord):
    """A line of the 村级事件; an empty 结束日期 says it has not ended."""

    事件编号 = Code()
    事件类型 = Choice[rural_affairs.EventKind]()
    开始日期 = PastDate()
    结束日期 = OpenDate()
    说明 = Text()
