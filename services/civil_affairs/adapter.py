"""The civil affairs bureau's feeds; one of them is the roster of households."""

from datetime import date

from contracts import civil_affairs
from services.civil_affairs.records import AllowanceRow, MemberRow
from shouwang.kit.adapter.declaration import Adapter, Key

adapter = Adapter("civil_affairs", contract=civil_affairs)


def member_key(row: MemberRow, _as_of: date) -> str | None:
    """The household's reference: a person has one membership in each."""
    return row.户编号 and row.户编号.ref


def allowance_key(row: AllowanceRow, _as_of: date) -> str | None:
    """类别; 临时救助 is given again and again, so its 起始日期 belongs to the key."""
    if row.类别 != "临时救助":
        return row.类别
    return f"{row.类别}/{row.起始日期}" if row.起始日期 else None


@adapter.feed(
    "household_member",
    MemberRow,
    key=Key(member_key, columns=("户编号",), needs=("户编号",)),
)
def household_member(row: MemberRow) -> civil_affairs.HouseholdMember:
    """A person's membership of one household."""
    assert row.户编号 is not None  # its key
    return civil_affairs.HouseholdMember(
        户编号=row.户编号.ref,
        户序=row.户编号.order,
        村代码=row.村代码,
        与户主关系=row.与户主关系,
        生效日期=row.生效日期,
        变动=row.变动,
        出生年月=row.身份证号.出生年月,
        性别=row.身份证号.性别,
    )


@adapter.feed(
    "allowance",
    AllowanceRow,
    key=Key(allowance_key, columns=("类别", "起始日期"), needs=("类别",)),
)
def allowance(row: AllowanceRow) -> civil_affairs.Allowance:
    """Social assistance a person receives or received."""
    return civil_affairs.Allowance(
        类别=row.类别, 金额=row.金额, 起始日期=row.起始日期, 终止日期=row.终止日期, 状态=row.状态
    )
