"""What the education bureau (教育体育局) states."""

from datetime import date
from typing import Literal

from contracts.facts import Fact, FactMeta
from contracts.vocabulary import Shape, SubjectKind, Text

Stage = Literal["学前教育", "小学", "初中", "普通高中", "中职", "高职高专", "本科", "硕士及以上"]
AbsenceState = Literal["疑似辍学", "已辍学", "已复学"]
AbsenceCause = Literal["因病", "因残", "厌学", "外出务工", "其他"]


class SchoolAbsence(
    Fact,
    meta=FactMeta(
        type="education.school_absence.v1",
        title="疑似辍学台账",
        subject=SubjectKind.PERSON,
        shape=Shape.INCREMENT,
        key="台账编号 (else school year)",
        own_date="发现日期",
    ),
):
    """A child found missing from school, or back in it; 缺课天数 is a count of school days."""

    学校: Text | None = None
    学段: Stage | None = None
    年级: Text | None = None
    缺课天数: int | None = None
    发现日期: date | None = None
    状态: AbsenceState | None = None
    原因: AbsenceCause | None = None


FACTS: tuple[type[Fact], ...] = (SchoolAbsence,)
