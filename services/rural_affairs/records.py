"""The agriculture and rural affairs bureau's rows, in its own words."""

from contracts import rural_affairs
from contracts.vocabulary import YesNo
from shouwang.kit.adapter.columns import Amount, Aside, Choice, Contact, Village
from shouwang.kit.adapter.declaration import HouseholdRecord


class HouseholdRow(HouseholdRecord):
    """A line of the 农户基本信息; 住址 and 联系电话 go to the vault and nowhere else."""

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
