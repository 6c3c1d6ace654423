"""What a list names, and about whom it says nothing (docs/feeds.md, "What a list could not read")."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from shouwang.kit.adapter.sending import Row, Span
from shouwang.kit.adapter.statements import Entry, FactId

VILLAGE_LENGTH = 12


@dataclass(slots=True)
class Named:
    """What the rows of a portion of a list name."""

    rows: dict[FactId, Row] = field(default_factory=dict)
    """The one readable row of each fact."""
    repeated: list[Row] = field(default_factory=list)
    """Equal rows beside it: duplicates."""
    clashing: list[Row] = field(default_factory=list)
    """Different rows of one fact: all conflicts, by line."""

    def by_period(self) -> dict[str, dict[FactId, Row]]:
        """The rows of each period, where the key is the period."""
        periods: dict[str, dict[FactId, Row]] = {}
        for fact, row in self.rows.items():
            periods.setdefault(fact[1], {})[fact] = row
        return periods


def names(rows: Iterable[Row]) -> Named:
    """What rows name; equal ones are duplicates, different ones are all conflicts."""
    named = Named()
    found = named.rows
    conflicts: dict[FactId, list[Row]] = {}
    repeats: dict[FactId, list[Row]] = {}
    for row in rows:
        if row.trouble is None:
            fact = (row.subject or "", row.key or "")
            first = found.setdefault(fact, row)
            if first is not row:
                if first.op is row.op and first.content == row.content:
                    repeats.setdefault(fact, []).append(row)
                else:
                    conflicts.setdefault(fact, [first]).append(row)
    for fact in conflicts:
        del found[fact]
        conflicts[fact] += repeats.pop(fact, [])
    named.repeated = [row for some in repeats.values() for row in some]
    named.clashing = sorted((row for some in conflicts.values() for row in some), key=lambda row: row.line)
    return named


def unread(
    rejected: Sequence[Row], rows: Iterable[Row], nameless: Collection[str], borne: Collection[str], span: Span
) -> set[tuple[str, str | None]]:
    """Whom rejected rows of a portion stand for: subject and key, else the subject, else all who bear the name.

    `nameless` are the names of rejected rows (of the whole list) without a subject, `borne` those who bore them before.
    """
    found = {(row.subject, row.key) for row in rejected if row.subject is not None}
    if nameless:
        low, high = span
        found |= {(row.subject, None) for row in rows if row.subject is not None and row.name in nameless}
        found |= {(subject, None) for subject in borne if low <= subject and (high is None or subject < high)}
    return found


def without_subject(rows: Iterable[Row]) -> set[str]:
    """The names of rejected rows of which nothing else could be read."""
    return {row.name for row in rows if row.trouble is not None and row.subject is None and row.name}


def bearing(borne: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """All who bear one of the names."""
    return frozenset(subject for subjects in borne.values() for subject in subjects)


def covers(area: str, entry: Entry) -> bool:
    """True when a list whole for `area` is about this fact as it stands.

    It is about what lists of the same area, or a narrower one, named before, and about what lies in it by its 村代码.
    """
    if not area:
        return True
    said = entry.now.newest()
    if said is None or not said.content:
        return False
    within = _township(area)
    if any(named.startswith(within) for named in entry.named_in()):
        return True
    return '"村代码"' in said.content and str(json.loads(said.content).get("村代码") or "").startswith(within)


def _township(area: str) -> str:
    """A township's 12-digit code ends in 000; its villages share the nine digits before."""
    return area[:-3] if len(area) == VILLAGE_LENGTH and area.endswith("000") else area
