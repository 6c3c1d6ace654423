"""What the civil affairs bureau (民政局) states; it also states the roster."""

from datetime import date
from typing import Annotated, Literal

from pydantic import StringConstraints

from contracts.facts import Fact, FactMeta
from contracts.rhythm import monthly
from contracts.vocabulary import DateOrNone, HouseholdRef, Month, Shape, SubjectKind, Text, VillageCode, Yuan

TITLE = "民政局"
SHORT_TITLE = "民政"
LIAISON = "民政局 社会救助股"

Change = Literal["在户", "迁入", "迁出", "死亡", "出生", "分户"]
AllowanceKind = Literal["低保", "特困", "低保边缘", "刚性支出困难", "临时救助"]
AllowanceState = Literal["享受", "停发"]


class HouseholdMember(
    Fact,
    meta=FactMeta(
        type="civil_affairs.household_member.v1",
        title="户成员名册",
        subject=SubjectKind.PERSON,
        shape=Shape.LIST,
        rhythm=monthly(),
        key="户编号 (its reference)",
    ),
):
    """A person's membership of one household from a day on.

    `户序` orders households as their 户编号 do, without saying them: the tie-break of feeds.md ("the larger 户编号")
    must be decided where the 户编号 is no longer known. 出生年月 and 性别 come from the ID number (design.md 10).
    """

    户编号: HouseholdRef
    户序: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]*$", max_length=80)]
    村代码: VillageCode | None = None
    与户主关系: Text | None = None
    生效日期: date | None = None
    变动: Change = "在户"
    出生年月: Month
    性别: Literal["男", "女"]


class Allowance(
    Fact,
    meta=FactMeta(
        type="civil_affairs.allowance.v1",
        title="救助待遇",
        subject=SubjectKind.PERSON,
        shape=Shape.LIST,
        rhythm=monthly(),
        key="类别 (临时救助: and 起始日期)",
        own_date="起始日期",
    ),
):
    """Social assistance a person receives or received; 金额 in yuan a month."""

    类别: AllowanceKind
    金额: Yuan | None = None
    起始日期: date | None = None
    终止日期: DateOrNone | None = None
    状态: AllowanceState | None = None


FACTS: tuple[type[Fact], ...] = (HouseholdMember, Allowance)
