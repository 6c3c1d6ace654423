"""What a list names, and about whom it says nothing (docs/feeds.md, "What a list could not read")."""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from contracts.vocabulary import Op
from shouwang.kit.adapter.reasons import HINTS
from shouwang.kit.adapter.sending import Outcome, Row, Sending, Trouble, Verdict
from shouwang.kit.adapter.statements import FactId, ListSaid, Said

Bearers = Callable[[Collection[str]], Mapping[str, frozenset[str]]]
VILLAGE_LENGTH = 12


@dataclass(slots=True)
class Listing:
    """The list of one period: its readable rows by fact, and what is kept of it."""

    said: ListSaid
    rows: dict[FactId, Row] = field(default_factory=dict)


def read_list(sending: Sending, by_period: bool, bearers: Bearers, outcome: Outcome) -> dict[str, Listing]:
    """The lists of a sending by period, those with a readable row; verdicts and conflicts are noted in the outcome."""
    named, conflicts = _named(sending, outcome)
    rejected = [row for row in sending.rows if row.trouble] + conflicts
    outcome.verdicts |= {row.line: Verdict.REJECTED for row in rejected}
    unread = _unread(rejected, bearers)
    periods: dict[str, dict[FactId, Row]] = {}
    for fact, row in named.items():
        periods.setdefault(row.key or "" if by_period else "", {})[fact] = row
    return {
        period: Listing(
            ListSaid(
                period,
                sending.area,
                sending.as_of,
                sending.stated_at,
                sending.receipt,
                len(rows),
                frozenset(one for one in unread if not by_period or one[1] in (None, period)),
            ),
            rows,
        )
        for period, rows in periods.items()
    }


def _named(sending: Sending, outcome: Outcome) -> tuple[dict[FactId, Row], list[Row]]:
    """The one readable row of each fact; equal ones are duplicates, different ones are all conflicts."""
    named: dict[FactId, Row] = {}
    conflicts: dict[FactId, list[Row]] = {}
    repeats: dict[FactId, list[Row]] = {}
    for row in sending.rows:
        if row.trouble is None:
            fact = (row.subject or "", row.key or "")
            first = named.setdefault(fact, row)
            if (first.op, first.content) != (row.op, row.content):
                conflicts.setdefault(fact, [first]).append(row)
            elif first is not row:
                repeats.setdefault(fact, []).append(row)
    for fact in conflicts:
        del named[fact]
        conflicts[fact] += repeats.pop(fact, [])
    outcome.verdicts |= {row.line: Verdict.DUPLICATE for rows in repeats.values() for row in rows}
    clashing = sorted((row for rows in conflicts.values() for row in rows), key=lambda row: row.line)
    outcome.troubles += [Trouble(row.line, "", "conflict", "", HINTS["conflict"]) for row in clashing]
    outcome.troubles.sort(key=lambda trouble: trouble.line)
    return named, clashing


def _unread(rejected: list[Row], bearers: Bearers) -> set[tuple[str, str | None]]:
    """Whom rejected rows stand for: subject and key, else the subject, else all who bear the name, else nobody."""
    known = [(row.subject, row.key) for row in rejected if row.subject is not None]
    nameless = {row.name for row in rejected if row.subject is None and row.name}
    borne = bearers(nameless) if nameless else {}
    return {*known, *((subject, None) for subjects in borne.values() for subject in subjects)}


def covers(area: str, said: Said | None) -> bool:
    """True when a list whole for `area` is about this fact; a fact without a 村代码 is covered by no area."""
    if not area:
        return True
    if said is None or said.op in (Op.OMIT, Op.WITHDRAW):
        return False
    return str(json.loads(said.content).get("村代码") or "").startswith(_township(area))


def _township(area: str) -> str:
    """A township's 12-digit code ends in 000; its villages share the nine digits before."""
    return area[:-3] if len(area) == VILLAGE_LENGTH and area.endswith("000") else area
