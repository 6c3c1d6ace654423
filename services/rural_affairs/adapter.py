"""The agriculture and rural affairs bureau's feeds."""

from contracts import rural_affairs
from services.rural_affairs.records import HouseholdRow
from shouwang.kit.adapter.declaration import FULL_LIST, PLAIN, Adapter, monthly

adapter = Adapter("rural_affairs", contract=rural_affairs, liaison="农业农村局 乡村振兴股")


@adapter.feed("household", HouseholdRow, key=PLAIN, rhythm=monthly(by=5), shape=FULL_LIST)
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
