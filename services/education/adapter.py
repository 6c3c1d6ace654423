"""The education bureau's feeds."""

from datetime import date

from contracts import education
from services.education.records import AbsenceRow, CostRow, EnrolmentRow
from shouwang.kit.adapter.dates import school_year
from shouwang.kit.adapter.declaration import PLAIN, Adapter, Key

adapter = Adapter("education", contract=education)


def absence_key(row: AbsenceRow, as_of: date) -> str:
    """台账编号, else the school year it was found in (docs/feeds.md)."""
    return row.台账编号 or school_year(row.发现日期 or as_of)


@adapter.feed(
    "school_absence",
    AbsenceRow,
    key=Key(absence_key, columns=("台账编号", "发现日期")),
)
def school_absence(row: AbsenceRow) -> education.SchoolAbsence:
    """A child found missing from school, or back in it."""
    return education.SchoolAbsence(
        学校=row.学校,
        学段=row.学段,
        年级=row.年级,
        缺课天数=row.缺课天数,
        发现日期=row.发现日期,
        状态=row.状态,
        原因=row.原因,
    )


@adapter.feed("enrolment", EnrolmentRow, key=PLAIN)
def enrolment(row: EnrolmentRow) -> education.Enrolment:
    """Where a person goes to school."""
    return education.Enrolment(学校=row.学校, 学段=row.学段, 年级=row.年级, 入学年月=row.入学年月)


@adapter.feed("school_cost", CostRow, key="学年")
def school_cost(row: CostRow) -> education.SchoolCost:
    """What a person's school year costs, and the aid given for it."""
    return education.SchoolCost(
        学年=row.学年, 学费=row.学费, 住宿费=row.住宿费, 教材费=row.教材费, 资助金额=row.资助金额
    )
