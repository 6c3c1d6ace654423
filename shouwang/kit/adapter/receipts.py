"""Receipts: what became of a sending, row by row; and settling a held list."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, select, update

from shouwang.kit.adapter.auth import Caller
from shouwang.kit.adapter.tables import NoteRow, SendingRow, moment, table_of
from shouwang.kit.database import reading
from shouwang.kit.problems import Problem

COUNTS = (
    "received",
    "accepted",
    "unchanged",
    "superseded",
    "duplicate",
    "rejected",
    "withdrawn",
    "doubtful",
    "skipped",
)
NOT_WHOLE = "名单还没有送齐"
DISCARDED = "discarded"
"""Beside the codes of docs/feeds.md: a held list that was given up, or that a newer one replaced."""

_SENDING, _NOTE = table_of(SendingRow), table_of(NoteRow)


def document(row: RowMapping, notes: Sequence[RowMapping], department: str) -> dict[str, Any]:
    """The receipt as docs/feeds.md, "What a receipt says", has it."""
    state = "working" if row["state"] == "open" else row["state"]
    as_of = row["as_of"] or row["asked_as_of"]
    rejected = [
        {name: note[name] for name in ("line", "column", "reason", "kind", "hint")}
        for note in notes
        if not note["warning"]
    ]
    if state == "refused":
        rejected = [
            {"line": None, "column": None, "reason": row["reason"], "kind": None, "hint": row["hint"]},
            *rejected,
        ]
    return {
        "receipt": row["receipt"],
        "state": state,
        "department": department,
        "feed": row["feed"],
        "shape": row["shape"] or row["asked_shape"],
        "as_of": as_of.isoformat() if as_of else None,
        **{name: row[name] for name in COUNTS},
        "columns_dropped": json.loads(row["columns_dropped"]),
        "held_because": _because(row),
        **_withdrawal(row),
        "rows": rejected,
        "warnings": [{name: note[name] for name in ("line", "column", "reason")} for note in notes if note["warning"]],
    }


def _withdrawal(row: RowMapping) -> dict[str, Any]:
    """Who wants the sending taken back, and who agreed; nothing when nobody has asked."""
    if not row["withdraw_asked_by"]:
        return {}
    asked_us = row["withdraw_asked_us"]
    said = {
        "asked_by": row["withdraw_asked_by"],
        "asked_at": moment(asked_us).isoformat() if asked_us else None,
        "agreed_by": row["withdraw_agreed_by"] or None,
    }
    return {"withdrawal": said}


def _because(row: RowMapping) -> str | None:
    if row["state"] == "open":
        return NOT_WHOLE
    return row["reason"] or None if row["state"] in ("working", "held") else None


class Receipts:
    """The receipts of one adapter."""

    def __init__(self, engine: Engine, department: str) -> None:
        self._engine, self._department = engine, department

    def show(self, receipt: str, county: str) -> dict[str, Any]:
        """One receipt; raises Problem 404, also for another county's."""
        with reading(self._engine).connect() as connection:
            row = find(connection, receipt, county)
            notes = (
                connection.execute(
                    select(_NOTE).where(_NOTE.c.sending_id == row["id"]).order_by(_NOTE.c.line, _NOTE.c.id)
                )
                .mappings()
                .all()
            )
        return document(row, notes, self._department)

    def latest(self, county: str, limit: int, state: str | None = None) -> list[dict[str, Any]]:
        """The newest receipts first, without their rows."""
        query = select(_SENDING).where(_SENDING.c.county == county)
        if state:
            query = query.where(_SENDING.c.state == state)
        with reading(self._engine).connect() as connection:
            rows = connection.execute(query.order_by(_SENDING.c.received_us.desc()).limit(limit)).mappings().all()
        return [document(row, (), self._department) for row in rows]


def find(connection: Connection, receipt: str, county: str) -> RowMapping:
    """The row of a receipt of this county; raises Problem 404."""
    row = (
        connection.execute(select(_SENDING).where(_SENDING.c.receipt == receipt, _SENDING.c.county == county))
        .mappings()
        .one_or_none()
    )
    if row is None:
        raise Problem(404, "receipt_unknown", "没有这份回执", "请核对回执编号。")
    return row


def confirm(connection: Connection, receipt: str, caller: Caller) -> None:
    """A held list is to be applied after all; by the county only. Raises Problem 403, 404 or 409."""
    row = find(connection, receipt, caller.county)
    if not caller.is_county:
        raise Problem(403, "county_only", "只有县级可以确认", "请联系县级管理员核对后确认；报送部门可以作废后重报。")
    _settle(
        connection, row, {"state": "working", "confirmed": True, "reason": "", "hint": "", "attempts": 0, "retry_us": 0}
    )


def discard(connection: Connection, receipt: str, caller: Caller, now_us: int) -> None:
    """A held list is given up, by the county or by its sender. Raises Problem 404 or 409."""
    row = find(connection, receipt, caller.county)
    hint = "该名单已作废，请核对后重新报送"
    _settle(connection, row, {"state": "refused", "reason": DISCARDED, "hint": hint, "settled_us": now_us})


def _settle(connection: Connection, row: RowMapping, values: dict[str, Any]) -> None:
    done = connection.execute(
        update(_SENDING).where(_SENDING.c.id == row["id"], _SENDING.c.state == "held").values(values)
    )
    if not done.rowcount:
        raise Problem(409, "not_held", "这份报送没有在等待确认", f"它现在的状态是 {row['state']}，请刷新后再看。")
