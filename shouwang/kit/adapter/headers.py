"""Finding the header row under title rows, and telling data from titles, totals and blanks (docs/feeds.md)."""

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from shouwang.kit.adapter.cells import NOT_STATED, compact, spelled
from shouwang.kit.adapter.columns import Column
from shouwang.kit.adapter.declaration import Feed
from shouwang.kit.adapter.reasons import REFUSALS
from shouwang.kit.adapter.sending import Trouble
from shouwang.kit.adapter.table import Cell
from shouwang.kit.sheets import Refused

LOOKED_AT: Final = 30
"""Rows from the top among which the header row is looked for."""
TEN_THOUSAND: Final = 10_000
DROPPED_LENGTH: Final = 40
LIKENESS: Final = 0.5
"""From this ratio on an unknown column is named as the likely renamed one."""

_UNIT = re.compile(r"(?:\((?:单位[::]?)?(万元|元)\)|/(万元|元))$")
_TOTAL = re.compile(r"(?:本页|本表|全县|全乡|全镇|全村)?(?:合计|总计|小计|共计|累计)(?:[::(].*)?")
_NOTE = re.compile(r"(?:填[表报]|制表|审[核批]|经办|负责|联系|单位|备?注|说明|数据来源|打印|导出).*[::].*", re.DOTALL)

Line = tuple[int, list[Cell]]


@dataclass(slots=True)
class Header:
    """Where the columns are."""

    line: int
    places: dict[str, int] = field(default_factory=dict)
    """Position by the template's name of the column."""
    units: dict[str, int] = field(default_factory=dict)
    """10,000 for columns in 万元."""
    dropped: list[str] = field(default_factory=list)
    """Unknown columns, as spelled."""
    twins: dict[str, list[int]] = field(default_factory=dict)
    """Positions of further columns of the same meaning; they are dropped."""
    titles: list[tuple[int, str]] = field(default_factory=list)
    """Rows above that are no data: line and why."""


def find_header(feed: Feed, rows: Iterable[Line]) -> tuple[Header, Iterator[Line]] | Trouble:
    """The header and the rows under it; Trouble (`column_missing`) when there is none or it lacks what is needed."""
    rest = iter(rows)
    top = list(islice(rest, LOOKED_AT))
    aliases = {name: column.name for column in feed.record.columns().values() for name in column.names}
    known = [_known(cells, aliases) for _, cells in top]
    best = max(range(len(top)), key=lambda at: (len(known[at]), -at), default=None)
    if best is None or not known[best]:
        return _refusal("column_none", next(feed.needed())[0])
    first, last = best, best
    if best + 1 < len(top) and _completes(known[best], known[best + 1], top[best + 1][1]):
        last += 1
    elif best and _completes(known[best], known[best - 1]):
        first -= 1
    header = _header([top[at][1] for at in range(first, last + 1)], top[best][0], aliases)
    header.titles = [(line, "blank_row" if is_blank(cells) else "title_row") for line, cells in top[:first]]
    lacking = _lacking(feed, header)
    return lacking or (header, _of_one(header, feed.record.subject_column, _chain(top[last + 1 :], rest)))


def _of_one(header: Header, subject: str, lines: Iterator[Line]) -> Iterator[Line]:
    """The rows; raises Refused at the first whose ID columns name two people: nobody can know which is meant."""
    twins = header.twins.get(subject, ())
    if not twins:
        return lines
    places = (header.places[subject], *twins)

    def checked() -> Iterator[Line]:
        for line, cells in lines:
            said = {compact(spelled(cells[place])).upper() for place in places if place < len(cells)} - NOT_STATED
            if len(said) > 1:
                raise Refused("column_missing", REFUSALS["column_twice"].format(column=subject, line=line))
            yield line, cells

    return checked()


def _chain(head: list[Line], rest: Iterator[Line]) -> Iterator[Line]:
    yield from head
    yield from rest


def _known(row: list[Cell], aliases: dict[str, str]) -> dict[int, str]:
    found: dict[int, str] = {}
    for place, cell in enumerate(row):
        name = aliases.get(_UNIT.sub("", compact(spelled(cell)))) if isinstance(cell, str) else None
        if name is not None and name not in found.values():
            found[place] = name
    return found


def _completes(one: dict[int, str], other: dict[int, str], under: Sequence[Cell] = ()) -> bool:
    """True when another row of a two-row head names more columns and says nothing about those already named."""
    said = {place for place, cell in enumerate(under) if spelled(cell)}
    return bool(other) and not (one.keys() & (other.keys() | said)) and not set(one.values()) & set(other.values())


def _header(rows: list[list[Cell]], line: int, aliases: dict[str, str]) -> Header:
    header = Header(line)
    for place in range(max(map(len, rows))):
        texts = [spelled(row[place]) for row in rows if place < len(row) and spelled(row[place])]
        names = [(aliases.get(_UNIT.sub("", compact(text))), text) for text in reversed(texts)]
        name, text = next((pair for pair in names if pair[0]), (None, texts[-1] if texts else ""))
        if name is not None and name not in header.places:
            header.places[name] = place
            unit = _UNIT.search(compact(text))
            if unit and "万元" in unit.groups():
                header.units[name] = TEN_THOUSAND
        elif text:
            if name is not None:
                header.twins.setdefault(name, []).append(place)
            header.dropped.append(compact(text)[:DROPPED_LENGTH])
    return header


def _lacking(feed: Feed, header: Header) -> Trouble | None:
    for group in feed.needed():
        if not any(name in header.places for name in group):
            names = [alias for name in group for alias in feed.record.columns()[name].names]
            likely = max(header.dropped, key=lambda text: _likeness(text, names), default="")
            if likely and _likeness(likely, names) >= LIKENESS:
                return _refusal("column_renamed", group[0], likely)
            return _refusal("column_missing", group[0])
    return None


def _likeness(text: str, names: Iterable[str]) -> float:
    return max(difflib.SequenceMatcher(None, compact(text), name).ratio() for name in names)


def _refusal(sentence: str, column: str, found: str = "") -> Trouble:
    return Trouble(0, column, "column_missing", "", REFUSALS[sentence].format(column=column, found=found))


def is_blank(row: Iterable[Cell]) -> bool:
    """True for a row without any value."""
    return all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in row)


def not_data(row: list[Cell], header: Header, subject: Column[Any]) -> str | None:
    """Why a row under the header is no data (`blank_row`, `total_row`, `title_row`); None: it is data."""
    texts = [(place, text) for place, cell in enumerate(row) if cell is not None and (text := spelled(cell))]
    if not texts:
        return "blank_row"
    place, first = texts[0]
    where = header.places.get(subject.name)
    about = next((text for place_, text in texts if place_ == where), "")
    if about in ("", first) and _TOTAL.fullmatch(compact(first)):
        return "total_row"
    if about:
        return "title_row" if compact(about) in subject.names else None
    alone = len(texts) == 1 and place not in header.places.values()
    return "title_row" if alone or _NOTE.fullmatch(first) else None
