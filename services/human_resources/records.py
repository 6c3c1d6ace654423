"""The human resources bureau's rows, in its own words."""

from contracts import human_resources
from shouwang.kit.adapter.columns import Choice, Code, PastDate, Text
from shouwang.kit.adapter.declaration import PersonRecord


class UnemploymentRow(PersonRecord):
    """A line of the 失业登记."""

    登记编号 = Code()
    失业日期 = PastDate()
    登记日期 = PastDate()
    原工作单位 = Text()
    失业原因 = Text()
    状态 = Choice[human_resources.WorkState]()
