"""What the agriculture and rural affairs bureau (农业农村局) states."""

from typing import Literal

from contracts.facts import Fact, FactMeta
from contracts.vocabulary import Shape, SubjectKind, Text, VillageCode, YesNo, Yuan

HouseholdKind = Literal["脱贫户", "一般农户"]
HousingGrade = Literal["A", "B", "C", "D"]


class Household(
    Fact,
    meta=FactMeta(
        type="rural_affairs.household.v1",
        title="农户基本信息",
        subject=SubjectKind.HOUSEHOLD,
        shape=Shape.LIST,
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


FACTS: tuple[type[Fact], ...] = (Household,)
