"""From a table to rows the register can take: cells read, rows judged, nothing personal left in them."""

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple, Protocol, TypeVar

from pydantic import ValidationError

from contracts.vocabulary import NONE, Op, Shape, SubjectKind
from shouwang.kit.adapter.cells import looks_personal
from shouwang.kit.adapter.columns import Column, Eyes, NotRead
from shouwang.kit.adapter.declaration import Feed, Record
from shouwang.kit.adapter.drafting import content_of
from shouwang.kit.adapter.emptiness import Sample
from shouwang.kit.adapter.headers import Header, Line, find_header, not_data
from shouwang.kit.adapter.reasons import HINTS, REFUSALS, Unreadable
from shouwang.kit.adapter.sending import Row, Sending, Trouble, Warned
from shouwang.kit.adapter.table import Cell, Delivery, Table
from shouwang.kit.identity import Identity

OPS = {"新增": Op.STATE, "更正": Op.CORRECT, "撤回": Op.WITHDRAW}
_STATE = Op.STATE
KEPT_CELLS = 50_000
"""Readings remembered per column and sending: bureaus repeat dates, villages and words, not ID numbers."""


V_contra = TypeVar("V_contra", contravariant=True)


class Known(NamedTuple):
    """Who a reference is, for the vault alone."""

    ref: str
    number: str
    name: str
    phone: str = ""
    address: str = ""


class Sink(Protocol[V_contra]):
    """Takes what is read, one after another."""

    def append(self, value: V_contra, /) -> None:
        """Take one."""
        ...


@dataclass(slots=True)
class Reading:
    """A whole sending as read; `refused` is set when it says nothing at all."""

    feed: Feed
    shape: Shape
    as_of: date
    stated_at: datetime
    rows: list[Row] = field(default_factory=list)
    """Empty where they went to a sink; so are `people`."""
    people: list[Known] = field(default_factory=list)
    received: int = 0
    """Rows of data."""
    readable: int = 0
    keys: set[str] = field(default_factory=set)
    """Their keys, where the key is the period of a list."""
    sample: Sample = field(default_factory=Sample)
    columns: tuple[str, ...] = ()
    """The feed's own columns that the file has."""
    columns_dropped: list[str] = field(default_factory=list)
    skipped: int = 0
    warnings: list[Warned] = field(default_factory=list)
    refused: Trouble | None = None

    def sending(self, receipt: str, delivery: Delivery, **more: Any) -> Sending:
        """What the register takes."""
        return Sending(
            receipt, delivery.county, self.feed.type, self.shape, self.as_of, self.stated_at,
            self.rows, delivery.area, self.columns, periods=frozenset(self.keys), **more,
        )  # fmt: skip


def read_sheet(
    feed: Feed, table: Table, delivery: Delivery, rows: Sink[Row] | None = None, people: Sink[Known] | None = None
) -> Reading:
    """Read a table as one sending of a feed; a bad row never stops the good ones.

    Rows and people go to the sinks as they are read; without sinks they are kept in lists.
    """
    default = delivery.as_of or delivery.day
    reading = Reading(feed, delivery.shape or feed.shape, default, delivery.received_at)
    found = find_header(feed, table.rows)
    if isinstance(found, Trouble):
        reading.refused = found
        return reading
    header, lines = found
    reading.columns = tuple(name for name in feed.record.own_columns() if name in header.places)
    reading.columns_dropped = header.dropped
    reader = _Reader(feed, header, delivery, reading.people if people is None else people)
    _note(reading, header.titles)
    _note(reading, reader.read(lines, reading, reading.rows if rows is None else rows))
    reading.warnings += [Warned(line, "", "row_hidden") for line in sorted(table.hidden_rows) if line > header.line]
    _settle(reading, reader, delivery)
    return reading


def _note(reading: Reading, skipped: Iterator[tuple[int, str]] | list[tuple[int, str]]) -> None:
    last: tuple[int, str] | None = None
    for line, why in skipped:
        reading.skipped += 1
        # A run of blank rows is named once, by its first line.
        if why != "blank_row" or last != (line - 1, why):
            reading.warnings.append(Warned(line, "", why))
        last = line, why


def _settle(reading: Reading, reader: "_Reader", delivery: Delivery) -> None:
    """Decide list or increment, `as_of` and `stated_at`, and whether the whole must be refused."""
    ops = reader.ops_said
    if delivery.shape is None and reading.feed.shape is Shape.LIST and ops:
        if ops < reading.received:
            reading.refused = _refusal("shape_mixed", "操作", "shape_mixed")
            return
        reading.shape = Shape.INCREMENT
    if min(reader.days, default=reading.as_of) > delivery.day:
        reading.refused = _refusal("future_date", "数据日期", "future_date")
        return
    reading.as_of = max((day for day in reader.days if day <= delivery.day), default=reading.as_of)
    if reading.shape is Shape.LIST:
        reading.stated_at = reader.latest or delivery.received_at
        reading.refused = _list_refusal(reading, reader.days)


def _list_refusal(reading: Reading, days: set[date]) -> Trouble | None:
    if len(days) > 1:
        return _refusal("shape_mixed", "数据日期", "as_of_mixed")
    if not reading.received:
        return _refusal("nothing_readable", "", "nothing_listed")
    if not reading.readable:
        return _refusal("nothing_readable", "", "nothing_readable")
    return None


def _refusal(reason: str, column: str, sentence: str) -> Trouble:
    return Trouble(0, column, reason, "", REFUSALS[sentence])


class _Memory(dict[Cell, Any]):
    """Remembers what the texts of one column were read as."""

    def __init__(self, read: Callable[[Cell], Any]) -> None:
        super().__init__()
        self.read = read

    def __missing__(self, cell: Cell) -> Any:
        value = self.read(cell)
        if len(self) < KEPT_CELLS:
            self[cell] = value
        return value


class _Confirmed(Container[str]):
    def __init__(self, identity: Identity, digests: frozenset[str]) -> None:
        self._identity, self._digests = identity, digests

    def __contains__(self, number: object) -> bool:
        return bool(self._digests) and self._identity.digest(str(number)) in self._digests


class _Reader:
    """Reads the rows of one sheet."""

    def __init__(self, feed: Feed, header: Header, delivery: Delivery, people: Sink[Known]) -> None:
        self.feed, self.header, self.day = feed, header, delivery.day
        self.default = delivery.as_of or delivery.day
        self.identity = delivery.identity
        confirmed = _Confirmed(delivery.identity, delivery.confirmed)
        zone = delivery.received_at.tzinfo
        assert zone is not None  # a moment of receipt is aware
        self.eyes = Eyes(delivery.county, delivery.day, zone, delivery.identity, confirmed, header.units)
        columns, record = feed.record.columns(), feed.record
        self.subject: Column[Any] = columns[record.subject_column]
        self.name_column = record.name_column
        self.names = _Memory(lambda name: self.identity.name(str(name)))
        present = [(name, header.places[name], column) for name, column in columns.items() if name in header.places]
        memories = {name: _Memory(column.reader(self.eyes)) for name, _, column in present}
        self.plan = [
            (name, place, memories[name].__getitem__ if column.repeats else memories[name].read, memories[name].read)
            for name, place, column in present
        ]
        self.absent = {name: column.absent for name, column in columns.items() if name not in header.places}
        self.past = [name for name, _, column in present if column.past]
        self.homes = [name for name, _, column in present if column is not self.subject and column.names_somebody]
        self.named = [memories[name] for name, _, column in present if column.names_somebody]
        self.known = record.subject_kind is not SubjectKind.VILLAGE
        self.contacts = bool({"联系电话", "住址"} & header.places.keys())
        self.width = max(header.places.values()) + 1
        self.content = content_of(feed.state, feed.fact)
        self.people, self.seen = people, set[tuple[str, str]]()
        self.ops_said = 0
        self.latest: datetime | None = None
        self.days: set[date] = set()

    def read(self, lines: Iterator[Line], reading: Reading, rows: Sink[Row]) -> Iterator[tuple[int, str]]:
        """Hand on a row for each line of data; yields the lines that are none, and why."""
        where, subject, header = self.header.places[self.subject.name], self.subject, self.header
        take, look, make = rows.append, reading.sample.look, self._row
        periods = reading.keys if self.feed.period else None
        numbers, received, readable = self.eyes.numbers, 0, 0
        for line, cells in lines:
            about = cells[where] if where < len(cells) else None
            plainly = about.__class__ is str and about[:1].isdigit()
            why = None if plainly else not_data(cells, header, subject)
            if why:
                yield line, why
                continue
            row = make(line, cells)
            received += 1
            readable += row.trouble is None
            if periods is not None and row.key is not None:
                periods.add(row.key)
            if row.stated_at is not None and (self.latest is None or row.stated_at > self.latest):
                self.latest = row.stated_at
            look(row.content)
            take(row)
            if len(numbers) > KEPT_CELLS:
                self._forget()
        reading.received, reading.readable = received, readable

    def _forget(self) -> None:
        """Let go of who was seen, and of the cells that would say it again without leaving the number."""
        self.eyes.numbers.clear()
        self.seen.clear()
        for memory in self.named:
            memory.clear()

    def _row(self, line: int, cells: list[Cell]) -> Row:
        if len(cells) < self.width:
            cells = cells + [None] * (self.width - len(cells))
        values = self.absent.copy()
        troubles: dict[str, Unreadable] = {}
        for name, place, known, read in self.plan:
            cell = cells[place]
            try:
                values[name] = known(cell) if cell.__class__ is str else read(cell)
            except Unreadable as unreadable:
                troubles[name] = unreadable.with_traceback(None)  # or it would hold this row, and the row it
        record = self.feed.record()
        record.__dict__ = values
        return self._judge(line, record, values, troubles)

    def _judge(self, line: int, record: Record, values: dict[str, Any], troubles: dict[str, Unreadable]) -> Row:
        said = values.get("操作")
        if said is not None or "操作" in troubles:
            self.ops_said += 1
        as_of = values.get("数据日期") or self.default
        if "数据日期" not in troubles:
            self.days.add(as_of)
        if as_of > self.day or self.past:
            self._look_ahead(values, as_of, troubles)
        op = OPS[said] if said else _STATE
        person = values.get(self.subject.name)
        subject = person if person is None or person.__class__ is str else person.ref
        key = self._key(record, as_of, troubles)
        name = values.get(self.name_column)
        row = Row(line, subject, key, self.names[name] if name else "", op, as_of, values.get("报送时间"), "")
        if troubles or subject is None:
            row.trouble = self._trouble(row, troubles)
        if row.trouble is None and op is not Op.WITHDRAW:
            self._state(row, record)
        if row.trouble is None and subject and self.known:
            self._remember(values, subject, name or "")
        return row

    def _look_ahead(self, values: dict[str, Any], as_of: date, troubles: dict[str, Unreadable]) -> None:
        if as_of > self.day:
            troubles["数据日期"] = Unreadable("future_date", "日期")
        for name in self.past:
            value = values.get(name)
            if value is not None and value != NONE and f"{value}-01"[:10] > as_of.isoformat():
                troubles[name] = Unreadable("future_date", "日期")

    def _key(self, record: Record, as_of: date, troubles: dict[str, Unreadable]) -> str | None:
        try:
            key = self.feed.key.of(record, as_of)
        except NotRead:
            return None
        if key is None or key == "":
            if self.feed.key.columns:
                values = record.__dict__
                empty = [name for name in self.feed.key.columns if name not in troubles and not values.get(name)]
                if empty:
                    troubles.setdefault(empty[0], Unreadable("key_missing", "空"))
                return None
            return ""
        return "k1" + self.identity.digest(key) if looks_personal(key) else key

    def _trouble(self, row: Row, troubles: dict[str, Unreadable]) -> Trouble | None:
        if row.subject is None:
            troubles.setdefault(self.subject.name, Unreadable("id_missing", "空"))
        if row.op is Op.WITHDRAW and row.subject is not None and row.key is not None:
            # A 撤回 row needs only ID and key (docs/feeds.md); when it holds and when it was said must still be known.
            troubles = {name: one for name, one in troubles.items() if name in ("操作", "数据日期", "报送时间")}
            if not troubles:
                return None
        column = self.subject.name if self.subject.name in troubles else next(iter(troubles))
        found = troubles[column]
        return Trouble(row.line, column, found.reason, found.kind, _hint(found.hint, column))

    def _state(self, row: Row, record: Record) -> None:
        try:
            row.content = self.content(record)
        except ValidationError as error:
            # A value the cell readers let pass and the contract does not: still one bad row, not a bad sending.
            column = str(error.errors()[0]["loc"][0])
            row.trouble = Trouble(row.line, column, "value_unknown", "", HINTS["value_unknown"].format(column=column))

    def _remember(self, values: dict[str, Any], subject: str, name: str) -> None:
        """Hand on who this is; the same again is handed on seldom, and does no harm."""
        seen, numbers = self.seen, self.eyes.numbers
        if (subject, name) not in seen or (self.contacts and values.get("联系电话")):
            seen.add((subject, name))
            phone, address = (values.get("联系电话") or "", values.get("住址") or "") if self.contacts else ("", "")
            self.people.append(Known(subject, numbers[subject], name, phone, address))
        for column in self.homes:
            ref = getattr(values.get(column), "ref", subject)
            if ref != subject and (ref, "") not in seen:
                seen.add((ref, ""))
                self.people.append(Known(ref, numbers[ref], ""))


@lru_cache(maxsize=500)
def _hint(hint: str, column: str) -> str:
    return hint.format(column=column)
