"""The education bureau's rows, in its own words."""

from contracts import education
from shouwang.kit.adapter.columns import Amount, Choice, Code, Count, Month, PastDate, SchoolYear, Text
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


class EnrolmentRow(PersonRecord):
    """A line of the 在校学生名单."""

    学校 = Text()
    学段 = Choice[education.Stage]()
    年级 = Text()
    入学年月 = Month()


class CostRow(PersonRecord):
    """A line of the 学年费用与资助."""

    学年 = SchoolYear()
    学费 = Amount()
    住宿费 = Amount()
    教材费 = Amount()
    资助金额 = Amount("各类资助合计")
