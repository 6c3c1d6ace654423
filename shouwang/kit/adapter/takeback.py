"""Taking a whole sending back, by two persons: one asks, another agrees, then the translator does it."""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, update

from shouwang.kit.adapter.auth import Caller
from shouwang.kit.adapter.inbox import KEPT_DAYS
from shouwang.kit.adapter.receipts import find
from shouwang.kit.adapter.tables import SendingRow, table_of
from shouwang.kit.problems import Problem

WITHDRAWN: Final = "withdrawn"
"""Beside the codes of docs/feeds.md: a sending that was taken back."""
WORKING: Final = "正在撤回这份报送，稍后可在回执上看到结果"

_SENDING = table_of(SendingRow)


def withdraw(connection: Connection, receipt: str, caller: Caller, now_us: int) -> bool:
    """Ask for a sending to be taken back, or agree to it; True once it is agreed. Raises Problem 404 or 409."""
    row = find(connection, receipt, caller.county)
    _require_open(row, now_us)
    if not row["withdraw_asked_by"]:
        _change(connection, row, {"withdraw_asked_by": caller.actor, "withdraw_asked_us": now_us})
        return False
    if row["withdraw_asked_by"] == caller.actor:
        raise Problem(409, "second_person", "撤回需要另一个人同意", "已记下您的申请，请由另一位工作人员再次提交撤回。")
    values = {"state": "working", "reason": WORKING, "attempts": 0, "retry_us": 0}
    _change(connection, row, {**values, "withdraw_agreed_by": caller.actor})
    return True


def keep(connection: Connection, receipt: str, caller: Caller) -> None:
    """Take the asking back; said by who asked, or by the county. Raises Problem 403, 404 or 409."""
    row = find(connection, receipt, caller.county)
    if not row["withdraw_asked_by"] or row["state"] != "done":
        raise Problem(409, "not_asked", "没有等待同意的撤回申请", "请刷新回执后再看。")
    if caller.actor != row["withdraw_asked_by"] and not caller.is_county:
        raise Problem(403, "not_yours", "不能取消他人的撤回申请", "请联系申请人或县级管理员。")
    _change(connection, row, {"withdraw_asked_by": "", "withdraw_asked_us": None})


def hint(row: RowMapping) -> str:
    """What the receipt of a sending that was taken back says."""
    return f"已撤回：由 {row['withdraw_asked_by']} 提出，{row['withdraw_agreed_by']} 同意"


def _require_open(row: RowMapping, now_us: int) -> None:
    if row["state"] != "done":
        why = f"它现在的状态是 {row['state']}，只有已采用的报送可以撤回。"
        raise Problem(409, "not_done", "这份报送现在不能撤回", why)
    if not row["kept_apart"] or now_us - row["received_us"] > timedelta(days=KEPT_DAYS) // timedelta(microseconds=1):
        why = f"报送超过 {KEPT_DAYS} 天后不能整份撤回，请报送更正、撤回行或新的名单。"
        raise Problem(409, "too_old", "这份报送已不能整份撤回", why)


def _change(connection: Connection, row: RowMapping, values: dict[str, Any]) -> None:
    same = (_SENDING.c.state == "done") & (_SENDING.c.withdraw_asked_by == row["withdraw_asked_by"])
    done = connection.execute(update(_SENDING).where(_SENDING.c.id == row["id"], same).values(values))
    if not done.rowcount:
        raise Problem(409, "changed", "这份报送刚刚被他人处理", "请刷新回执后再看。")
