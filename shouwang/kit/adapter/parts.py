"""What holds for a list in parts: who may still add to it, how large it may grow, when it is given up."""

from typing import Final

from sqlalchemy import Connection, RowMapping, delete, func, select, update

from shouwang.kit.adapter.tables import InboxRow, SendingRow, table_of
from shouwang.kit.problems import Problem
from shouwang.kit.sheets import LIMIT_BYTES

OPEN_HOURS: Final = 72
"""A list in parts of which nothing has come for so long is given up; its parts are destroyed at once."""

OPEN_LISTS: Final = 20
"""Lists in parts a county's bureau may have begun and not completed."""

HOUR_US: Final = 3_600_000_000

_SENDING, _INBOX = table_of(SendingRow), table_of(InboxRow)


def require_open(whole: RowMapping, *, differs: bool) -> None:
    """Raise Problem 409 when a part cannot be added to a list in parts."""
    again = "请使用新的分批编号重新报送整份名单。"
    if whole["state"] == "refused" and whole["reason"] == "discarded":
        raise Problem(409, "list_given_up", "这份分批名单已经作废", again)
    if whole["state"] != "open":
        raise Problem(409, "list_complete", "这份分批名单已经收齐", again)
    if differs:
        raise Problem(409, "part_conflict", "这一部分已经以不同内容送达", again)


def require_fits(connection: Connection, receipt: str, more: int) -> None:
    """Raise Problem 413 when a list in parts would be larger than a file may be."""
    size = connection.execute(select(func.sum(_INBOX.c.size)).where(_INBOX.c.receipt == receipt)).scalar_one() or 0
    if size + more > LIMIT_BYTES:
        raise Problem(413, "file_too_large", "名单过大", "分批名单合计不能超过 200 MiB，请按乡镇（scope）拆开报送。")


def require_few(connection: Connection, county: str) -> None:
    """Raise Problem 429 when too many lists in parts have been begun and not completed."""
    same = (_SENDING.c.county == county) & (_SENDING.c.state == "open")
    if connection.execute(select(func.count()).select_from(_SENDING).where(same)).scalar_one() >= OPEN_LISTS:
        why = "请先把已经开始的名单送完并报收齐；不再需要的会在 72 小时后自动作废。"
        raise Problem(429, "lists_open", "没有收齐的分批名单过多", why, {"Retry-After": "3600"})


def give_up(connection: Connection, now_us: int) -> None:
    """Lists in parts that nobody goes on with say so on their receipt and keep nothing."""
    latest = select(func.max(_INBOX.c.created_us)).where(_INBOX.c.receipt == _SENDING.c.receipt).scalar_subquery()
    ago = now_us - OPEN_HOURS * HOUR_US
    quiet = select(_SENDING.c.id, _SENDING.c.receipt).where(
        _SENDING.c.state == "open", func.coalesce(latest, _SENDING.c.received_us) < ago
    )
    for row in connection.execute(quiet).all():
        connection.execute(delete(_INBOX).where(_INBOX.c.receipt == row.receipt))
        connection.execute(
            update(_SENDING).where(_SENDING.c.id == row.id).values(
                state="refused", reason="discarded", hint="超过 72 小时没有送齐，已作废，请重新报送", settled_us=now_us
            )
        )  # fmt: skip
