"""The human resources bureau's rows, in its own words."""

from contracts import human_resources
from shouwang.kit.adapter.columns import Amount, Choice, Code, Month, OpenDate, PastDate, Text
from shouwang.kit.adapter.declaration import PersonRecord


class UnemploymentRow(PersonRecord):
    """A line of the 失业登记."""

    登记编号 = Code()
    失业日期 = PastDate()
    登记日期 = PastDate()
    原工作单位 = Text()
    失业原因 = Text()
    状态 = Choice[human_resources.WorkState]()


class MigrantRow(PersonRecord):
    """A line of the 外出务工月报."""

    年月 = Month()
    务工地 = Text()
    务工单位 = Text()
    月收入 = Amount()
    状态 = Choice[human_resources.MigrantState]()


class ContributionRow(PersonRecord):
    """A line of the 失业保险缴费."""

    年月 = Month()
    缴费状态 = Choice[human_resources.ContributionState]()


class PostRow(PersonRecord):
    """A line of the 公益性岗位; an empty 终止日期 says there is none."""

    岗位类型 = Text()
    起始日期 = PastDate()
    终止日期 = OpenDate()
    月补贴 = Amount()
