"""The education bureau's rows, in its own words."""

from contracts import education
from shouwang.kit.adapter.columns import Choice, Code, Count, PastDate, Text
from shouwang.kit.adapter.declaration import PersonRecord


class AbsenceRow(PersonRecord):
    """A line of the 疑似辍学台账."""

    台账编号 = Code()
    学校 = Text()
    学段 = Choice[education.Stage]()
    年级 = Text()
    缺课天数 = Count()
    发现日期 = PastDate("疑似辍学日期")
    状态 = Choice[education.AbsenceState]()
    原因 = Choice[education.AbsenceCause]()
