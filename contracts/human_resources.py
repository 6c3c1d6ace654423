"""What the human resources and social security bureau (人力资源和社会保障局) states."""

from datetime import date
from typing import Literal

from contracts.facts import Fact, FactMeta
from contracts.vocabulary import Shape, SubjectKind, Text

WorkState = Literal["失业", "已再就业"]


class Unemployment(
    Fact,
    meta=FactMeta(
        type="human_resources.unemployment.v1",
        title="失业登记",
        subject=SubjectKind.PERSON,
        shape=Shape.INCREMENT,
        key="登记编号 (else 失业日期)",
        own_date="失业日期",
    ),
):
    """A registered loss of work, or its end."""

    失业日期: date | None = None
    登记日期: date | None = None
    原工作单位: Text | None = None
    失业原因: Text | None = None
    状态: WorkState | None = None


FACTS: tuple[type[Fact], ...] = (Unemployment,)
