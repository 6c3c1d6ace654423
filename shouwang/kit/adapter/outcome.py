"""Writing down what became of a sending: receipt, register, numbered words, the closing one last; all or nothing."""

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, delete, insert, select, update

from contracts import envelope
from contracts.sending import SendingClosed, sending_type
from contracts.vocabulary import Op, Shape
from shouwang.kit.adapter import bulk, keeping
from shouwang.kit.adapter.emptiness import emptiness
from shouwang.kit.adapter.receipts import COUNTS, DISCARDED
from shouwang.kit.adapter.results import NOTE_COLUMNS, Results
from shouwang.kit.adapter.sending import Outcome, Trouble
from shouwang.kit.adapter.tables import FenceRow, NoteRow, NumberRow, OutboxRow, SendingRow, table_of
from shouwang.kit.adapter.takeback import WITHDRAWN, hint
from shouwang.kit.adapter.translate import Reading

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


@dataclass(frozen=True, slots=True)
class Start:
    """What a translator reads before anything else, and must still find when it commits."""

    version: int
    """Of the fence."""
    last: int
    """The number of the county's last word."""
    open_from: int
    """Sendings with a smaller number can no longer be taken back."""


def start(connection: Connection, county: str, open_since_us: int) -> Start:
    """Where a translator begins."""
    version = connection.execute(select(_FENCE.c.version).where(_FENCE.c.id == 1)).scalar_one()
    last = connection.execute(select(_NUMBER.c.last).where(_NUMBER.c.county == county)).scalar_one_or_none()
    young = select(_SENDING.c.id).where(_SENDING.c.received_us >= open_since_us).order_by(_SENDING.c.id).limit(1)
    return Start(int(version), int(last or 0), int(connection.execute(young).scalar_one_or_none() or 0))


def refuse(
    engine: Engine, row: RowMapping, trouble: Trouble, read: Reading | None, results: Results | None, now_us: int
) -> Done:
    """The sending says nothing; its receipt says why."""
    hint = (
        f"{trouble.hint}（{trouble.column}）" if trouble.column and trouble.column not in trouble.hint else trouble.hint
    )
    values = {"state": "refused", "reason": trouble.reason, "hint": hint, "settled_us": now_us}
    with engine.begin() as connection:
        _update(connection, row, values | (_read_values(read) if read else {}))
        if results is not None:
            _write_notes(connection, row["id"], results)
    return Done("refused")


def settle(
    engine: Engine, row: RowMapping, read: Reading, outcome: Outcome, results: Results, begun: Start, now_us: int
) -> Done:
    """Hold the list, or apply the sending: everything of it in one transaction. Raises Overtaken."""
    values = _read_values(read) | {name: outcome.counts.get(name, 0) for name in COUNTS if name != "skipped"}
    if outcome.held_because:
        values = _read_values(read) | {"state": "held"}
        values["reason"] = "；".join(outcome.held_because)
    else:
        values |= {"state": "done", "reason": "", "hint": "", "settled_us": now_us, "kept_apart": True}
    with engine.begin() as connection:
        pass_fence(connection, begun.version)
        _update(connection, row, values)
        _write_notes(connection, row["id"], results)
        if not outcome.held_because:
            keeping.store(connection, row["county"], row["feed"], results, outcome.lists)
            assert outcome.closed is not None  # all but a refused sending is closed
            closed = outcome.closed.model_copy(update={"empty": emptiness(read.feed.fact, read.sample.contents)})
            closing = closing_word(row, read.feed.department, closed, read.as_of, read.stated_at, results.last)
            publish(connection, row["county"], results, closing, begun.last)
            if outcome.lists:
                _supersede_held(connection, row, read, now_us)
    return Done(str(values["state"]), {name: int(values.get(name, 0)) for name in COUNTS})


def take_back(
    engine: Engine, row: RowMapping, results: Results, closing: envelope.Envelope, begun: Start, now_us: int
) -> Done:
    """Take a sending back: everything of it in one transaction. Raises Overtaken."""
    values = {"state": "refused", "reason": WITHDRAWN, "hint": hint(row), "settled_us": now_us}
    with engine.begin() as connection:
        pass_fence(connection, begun.version)
        _update(connection, row, values)
        keeping.store(connection, row["county"], row["feed"], results, ())
        keeping.forget_lists(connection, row["receipt"])
        publish(connection, row["county"], results, closing, begun.last)
    return Done("withdrawn")


def pass_fence(connection: Connection, version: int) -> None:
    """Raise Overtaken when another has committed since `version` was read."""
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
    return {
        "shape": read.shape.value,
        "as_of": read.as_of,
        "periods": json.dumps(_periods(read) if read.shape is Shape.LIST else []),
        "received": read.received,
        "skipped": read.skipped,
        "columns_dropped": json.dumps(read.columns_dropped, ensure_ascii=False),
    }


def _periods(read: Reading) -> list[str]:
    return sorted(read.keys) if read.feed.period else [""]


def _write_notes(connection: Connection, sending_id: int, results: Results) -> None:
    connection.execute(delete(_NOTE).where(_NOTE.c.sending_id == sending_id))
    for notes in results.notes.chunks():
        bulk.add(connection, "note", NOTE_COLUMNS, notes)


def publish(connection: Connection, county: str, results: Results, closing: envelope.Envelope, last: int) -> None:
    """Put the words, numbered from `last` on, into the outbox, the closing one at the end. Raises Overtaken."""
    found = connection.execute(select(_NUMBER.c.last).where(_NUMBER.c.county == county)).scalar_one_or_none()
    if found is None:
        connection.execute(insert(_NUMBER).values(county=county, last=0, sent=0))
    if (found or 0) != last:
        raise Overtaken
    for words in results.words.chunks():
        bulk.add(connection, "outbox", ("county", "seq", "value"), [(county, *word) for word in words])
    connection.execute(insert(_OUTBOX).values(county=county, seq=closing.seq, value=envelope.encode(closing)))
    connection.execute(update(_NUMBER).where(_NUMBER.c.county == county).values(last=closing.seq))


def closing_word(
    row: RowMapping, department: str, closed: SendingClosed, as_of: date, stated_at: datetime, last: int,
    key: str = "",
) -> envelope.Envelope:  # fmt: skip
    """The word that closes a sending, or (under a key of its own) its being taken back."""
    receipt = key or row["receipt"]
    return envelope.make(
        county=row["county"], type_=sending_type(department), subject=row["county"], key=receipt, op=Op.STATE,
        as_of=as_of, stated_at=stated_at, line=0, sending=receipt, seq=last + 1, data=closed,
    )  # fmt: skip


def _supersede_held(connection: Connection, row: RowMapping, read: Reading, now_us: int) -> None:
    """Held lists of the same scopes that are older than the one just applied have nothing left to say."""
    periods = set(_periods(read))
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
