"""The human resources bureau's feeds."""

from datetime import date

from contracts import human_resources
from services.human_resources.records import ContributionRow, MigrantRow, PostRow, UnemploymentRow
from shouwang.kit.adapter.declaration import PLAIN, Adapter, Key

adapter = Adapter("human_resources", contract=human_resources)


def unemployment_key(row: UnemploymentRow, _as_of: date) -> str | None:
    """登记编号, else 失业日期 (docs/feeds.md)."""
    return row.登记编号 or (row.失业日期.isoformat() if row.失业日期 else None)


@adapter.feed(
    "unemployment",
    UnemploymentRow,
    key=Key(unemployment_key, columns=("登记编号", "失业日期"), needs=("登记编号", "失业日期")),
)
def unemployment(row: UnemploymentRow) -> human_resources.Unemployment:
    """A registered loss of work, or its end."""
    return human_resources.Unemployment(
        失业日期=row.失业日期,
        登记日期=row.登记日期,
        原工作单位=row.原工作单位,
        失业原因=row.失业原因,
        状态=row.状态,
    )


@adapter.feed("migrant_work", MigrantRow, key="年月")
def migrant_work(row: MigrantRow) -> human_resources.MigrantWork:
    """Where a person worked away from home in one month, or that they had come back."""
    return human_resources.MigrantWork(
        年月=row.年月, 务工地=row.务工地, 务工单位=row.务工单位, 月收入=row.月收入, 状态=row.状态
    )


@adapter.feed("insured_month", ContributionRow, key="年月")
def insured_month(row: ContributionRow) -> human_resources.InsuredMonth:
    """Whether unemployment insurance was paid for a person in one month."""
    return human_resources.InsuredMonth(年月=row.年月, 缴费状态=row.缴费状态)


@adapter.feed("public_post", PostRow, key=PLAIN)
def public_post(row: PostRow) -> human_resources.PublicPost:
    """A post the public pays a person for."""
    return human_resources.PublicPost(
        岗位类型=row.岗位类型, 起始日期=row.起始日期, 终止日期=row.终止日期, 月补贴=row.月补贴
    )
