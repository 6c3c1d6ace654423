"""The civil affairs bureau's rows, in its own words."""

from contracts import civil_affairs
from shouwang.kit.adapter.columns import Amount, Choice, ChoiceElse, HouseholdNumber, OpenDate, PastDate, Text, Village
from shouwang.kit.adapter.declaration import PersonRecord


class MemberRow(PersonRecord):
    """A line of the 户成员名册; an empty 变动 says the person is in the household."""

    户编号 = HouseholdNumber()
    村代码 = Village()
    与户主关系 = Text()
    生效日期 = PastDate()
    变动 = ChoiceElse[civil_affairs.Change]("在户")


class AllowanceRow(PersonRecord):
    """A line of the 救助待遇; an empty 终止日期 says there is none."""

    类别 = Choice[civil_affairs.AllowanceKind]()
    金额 = Amount()
    起始日期 = PastDate()
    终止日期 = OpenDate()
    状态 = Choice[civil_affairs.AllowanceState]()
