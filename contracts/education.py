"""What the education bureau (教育体育局) states."""

from datetime import date
from typing import Literal

from contracts.facts import Fact, FactMeta
from contracts.rhythm import EVERY_TERM, monthly, yearly
from contracts.vocabulary import Month, SchoolYear, Shape, SubjectKind, Text, Yuan

TITLE = "教育体育局"
SHORT_TITLE = "教体"
LIAISON = "教育体育局 学籍科"

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
        rhythm=monthly(by=5, at_once=True),
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


class Enrolment(
    Fact,
    meta=FactMeta(
        type="education.enrolment.v1",
        title="在校学生名单",
        subject=SubjectKind.PERSON,
        shape=Shape.LIST,
        rhythm=EVERY_TERM,
        key="",
    ),
):
    """Where a person goes to school."""

    学校: Text | None = None
    学段: Stage | None = None
    年级: Text | None = None
    入学年月: Month | None = None


class SchoolCost(
    Fact,
    meta=FactMeta(
        type="education.school_cost.v1",
        title="学年费用与资助",
        subject=SubjectKind.PERSON,
        shape=Shape.LIST,
        rhythm=yearly(month=4),
        key="学年",
        period="学年",
    ),
):
    """What a person's school year costs, and the aid of all kinds given for it; yuan a school year."""

    学年: SchoolYear
    学费: Yuan | None = None
    住宿费: Yuan | None = None
    教材费: Yuan | None = None
    资助金额: Yuan | None = None


FACTS: tuple[type[Fact], ...] = (SchoolAbsence, Enrolment, SchoolCost)
