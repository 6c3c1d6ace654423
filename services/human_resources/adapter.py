"""The human resources bureau's feeds."""

from datetime import date

from contracts import human_resources
from services.human_resources.records import UnemploymentRow
from shouwang.kit.adapter.declaration import AT_ONCE, INCREMENTS, Adapter, Key

adapter = Adapter("human_resources", contract=human_resources, liaison="人力资源和社会保障局 就业局")


def unemployment_key(row: UnemploymentRow, _as_of: date) -> str | None:
    """登记编号, else 失业日期 (docs/feeds.md)."""
    return row.登记编号 or (row.失业日期.isoformat() if row.失业日期 else None)


@adapter.feed(
    "unemployment",
    UnemploymentRow,
    key=Key(unemployment_key, columns=("登记编号", "失业日期"), needs=("登记编号", "失业日期")),
    rhythm=AT_ONCE,
    shape=INCREMENTS,
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
