"""What the human resources and social security bureau (人力资源和社会保障局) states."""

from datetime import date
from typing import Literal

from contracts.facts import Fact, FactMeta
from contracts.rhythm import AT_ONCE, monthly
from contracts.vocabulary import DataClass, DateOrNone, Month, Shape, SubjectKind, Text, Yuan

TITLE = "人力资源和社会保障局"
SHORT_TITLE = "人社"
LIAISON = "人力资源和社会保障局 就业局"

WorkState = Literal["失业", "已再就业"]
MigrantState = Literal["在岗", "返乡", "未外出"]
ContributionState = Literal["正常", "中断"]


class Unemployment(
    Fact,
    meta=FactMeta(
        type="human_resources.unemployment.v1",
        title="失业登记",
        subject=SubjectKind.PERSON,
        shape=Shape.INCREMENT,
        rhythm=AT_ONCE,
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


class MigrantWork(
    Fact,
    meta=FactMeta(
        type="human_resources.migrant_work.v1",
        title="外出务工月报",
        subject=SubjectKind.PERSON,
        shape=Shape.LIST,
        rhythm=monthly(),
        key="年月",
        period="年月",
    ),
):
    """Where a person worked away from home in one month, or that they had come back; 月收入 in yuan a month."""

    年月: Month
    务工地: Text | None = None
    务工单位: Text | None = None
    月收入: Yuan | None = None
    状态: MigrantState | None = None


class InsuredMonth(
    Fact,
    meta=FactMeta(
        type="human_resources.insured_month.v1",
        title="失业保险缴费",
        subject=SubjectKind.PERSON,
        shape=Shape.LIST,
        rhythm=monthly(),
        key="年月",
        period="年月",
        data_class=DataClass.PSEUDONYMOUS,
    ),
):
    """Whether unemployment insurance was paid for a person in one month."""

    年月: Month
    缴费状态: ContributionState | None = None


class PublicPost(
    Fact,
    meta=FactMeta(
        type="human_resources.public_post.v1",
        title="公益性岗位",
        subject=SubjectKind.PERSON,
        shape=Shape.LIST,
        rhythm=monthly(),
        key="",
    ),
):
    """A post the public pays a person for; 月补贴 in yuan a month."""

    岗位类型: Text | None = None
    起始日期: date | None = None
    终止日期: DateOrNone | None = None
    月补贴: Yuan | None = None


FACTS: tuple[type[Fact], ...] = (Unemployment, MigrantWork, InsuredMonth, PublicPost)
