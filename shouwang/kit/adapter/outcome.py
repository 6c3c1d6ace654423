"""Writing down what became of a sending: receipt, register, numbered words, the closing one last; all or nothing."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, delete, insert, select, update

from contracts import envelope
from contracts.sending import sending_type
from contracts.vocabulary import Op, Shape
from shouwang.kit.adapter import view
from shouwang.kit.adapter.declaration import Feed
from shouwang.kit.adapter.emptiness import emptiness
from shouwang.kit.adapter.receipts import COUNTS, DISCARDED
from shouwang.kit.adapter.sending import Outcome, Trouble
from shouwang.kit.adapter.tables import FenceRow, NoteRow, NumberRow, OutboxRow, SendingRow, table_of
from shouwang.kit.adapter.translate import Reading

AT_ONCE = 2_000

_SENDING, _NOTE, _NUMBER, _OUTBOX, _FENCE = (
    table_of(model) for model in (SendingRow, NoteRow, NumberRow, OutboxRow, FenceRow)
)


class Overtaken(Exception):
    """Another translator has committed since this one began to read: what it found is out of date."""


@dataclass(frozen=True, slots=True)
class Done:
    """How a sending ended, for the log line and the metrics."""

    state: str
    counts: dict[str, int] = field(default_factory=dict)


def fence_version(connection: Connection) -> int:
    """The version a translator reads before anything else, and must still find when it commits."""
    return int(connection.execute(select(_FENCE.c.version).where(_FENCE.c.id == 1)).scalar_one())


def refuse(engine: Engine, row: RowMapping, trouble: Trouble, read: Reading | None, now_us: int) -> Done:
    """The sending says nothing; its receipt says why."""
    hint = (
        f"{trouble.hint}（{trouble.column}）" if trouble.column and trouble.column not in trouble.hint else trouble.hint
    )
    values = {"state": "refused", "reason": trouble.reason, "hint": hint, "settled_us": now_us}
    with engine.begin() as connection:
        _update(connection, row, values | (_read_values(read) if read else {}))
        if read is not None:
            _write_notes(connection, row["id"], read, [one.trouble for one in read.rows if one.trouble], [])
    return Done("refused")


def settle(
    engine: Engine, row: RowMapping, feed: Feed, read: Reading, outcome: Outcome, version: int, now_us: int
) -> Done:
    """Hold the list, or apply the sending: everything of it in one transaction. Raises Overtaken."""
    values = _read_values(read) | {name: outcome.counts.get(name, 0) for name in COUNTS if name != "skipped"}
    if outcome.held_because:
        values = _read_values(read) | {"received": len(read.rows), "state": "held"}
        values["reason"] = "；".join(outcome.held_because)
    else:
        values |= {"state": "done", "reason": "", "hint": "", "settled_us": now_us}
    with engine.begin() as connection:
        _pass_fence(connection, version)
        _update(connection, row, values)
        _write_notes(connection, row["id"], read, outcome.troubles, outcome.warnings)
        if not outcome.held_because:
            columns = read.columns if read.shape is Shape.LIST else None
            view.store(connection, row["county"], row["feed"], outcome, columns)
            _publish(connection, row, feed, read, outcome)
            if outcome.lists:
                _supersede_held(connection, row, read, now_us)
    return Done(str(values["state"]), {name: int(values.get(name, 0)) for name in COUNTS})


def _pass_fence(connection: Connection, version: int) -> None:
    moved = connection.execute(
        update(_FENCE).where(_FENCE.c.id == 1, _FENCE.c.version == version).values(version=version + 1)
    )
    if not moved.rowcount:
        raise Overtaken


def _update(connection: Connection, row: RowMapping, values: dict[str, Any]) -> None:
    done = connection.execute(
        update(_SENDING).where(_SENDING.c.id == row["id"], _SENDING.c.state == "working").values(values)
    )
    if not done.rowcount:
        raise Overtaken


def _read_values(read: Reading) -> dict[str, Any]:
    periods = sorted({one.key or "" for one in read.rows}) if read.feed.period else [""]
    return {
        "shape": read.shape.value,
        "as_of": read.as_of,
        "periods": json.dumps(periods if read.shape is Shape.LIST else []),
        "received": len(read.rows),
        "skipped": read.skipped,
        "columns_dropped": json.dumps(read.columns_dropped, ensure_ascii=False),
    }


def _write_notes(connection: Connection, sending_id: int, read: Reading, troubles: Any, warnings: Any) -> None:
    connection.execute(delete(_NOTE).where(_NOTE.c.sending_id == sending_id))
    rejected = (
        {"sending_id": sending_id, "warning": False, "line": one.line, "column": one.column, "reason": one.reason,
         "kind": one.kind, "hint": one.hint}
        for one in sorted(troubles)
    )  # fmt: skip
    warned = (
        {"sending_id": sending_id, "warning": True, "line": one.line, "column": one.column, "reason": one.reason,
         "kind": "", "hint": ""}
        for one in (*read.warnings, *warnings)
    )  # fmt: skip
    for notes in (rejected, warned):
        for some in _chunks(notes):
            connection.execute(insert(_NOTE), some)


def _publish(connection: Connection, row: RowMapping, feed: Feed, read: Reading, outcome: Outcome) -> None:
    """Number the words without gaps and put them into the outbox, the closing one last."""
    county = row["county"]
    last = connection.execute(select(_NUMBER.c.last).where(_NUMBER.c.county == county)).scalar_one_or_none()
    if last is None:
        connection.execute(insert(_NUMBER).values(county=county, last=0, sent=0))
        last = 0
    for some in _chunks(_envelopes(row, feed, read, outcome, last)):
        connection.execute(
            insert(_OUTBOX),
            [{"county": county, "seq": one.seq, "value": envelope.encode(one)} for one in some],
        )
        last = some[-1].seq
    connection.execute(update(_NUMBER).where(_NUMBER.c.county == county).values(last=last))


def _envelopes(row: RowMapping, feed: Feed, read: Reading, outcome: Outcome, last: int) -> Iterator[envelope.Envelope]:
    county, receipt = row["county"], row["receipt"]
    for change in outcome.changes:
        last += 1
        yield envelope.make(
            county=county, type_=feed.type, subject=change.subject, key=change.key, op=change.op, as_of=change.as_of,
            stated_at=change.stated_at, line=change.line, sending=receipt, seq=last, id_=change.id,
            data=feed.fact.model_validate_json(change.content) if change.content else None,
        )  # fmt: skip
    if outcome.closed is not None:
        yield envelope.make(
            county=county, type_=sending_type(feed.department), subject=county, key=receipt, op=Op.STATE,
            as_of=read.as_of, stated_at=read.stated_at, line=0, sending=receipt, seq=last + 1,
            data=outcome.closed.model_copy(update={"empty": emptiness(feed.fact, read.rows)}),
        )  # fmt: skip


def _supersede_held(connection: Connection, row: RowMapping, read: Reading, now_us: int) -> None:
    """Held lists of the same scopes that are older than the one just applied have nothing left to say."""
    periods = {one.key or "" for one in read.rows} if read.feed.period else {""}
    older = (_SENDING.c.as_of < read.as_of) | (
        (_SENDING.c.as_of == read.as_of) & (_SENDING.c.received_us < row["received_us"])
    )
    query = select(_SENDING.c.id, _SENDING.c.periods).where(
        _SENDING.c.county == row["county"], _SENDING.c.feed == row["feed"], _SENDING.c.state == "held", older
    )
    if row["scope"]:  # a list for the whole county replaces one for a part of it, never the other way round
        query = query.where(_SENDING.c.scope == row["scope"])
    held = connection.execute(query).all()
    gone = [one.id for one in held if set(json.loads(one.periods)) <= periods]
    if gone:
        hint = f"更新的名单 {row['receipt']} 已经采用，本名单不再等待确认"
        connection.execute(
            update(_SENDING).where(_SENDING.c.id.in_(gone)).values(
                state="refused", reason=DISCARDED, hint=hint, settled_us=now_us
            )
        )  # fmt: skip


def _chunks(values: Iterator[Any]) -> Iterator[list[Any]]:
    source = iter(values)
    while some := list(islice(source, AT_ONCE)):
        yield some
