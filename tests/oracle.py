"""The plain recomputation: standing alerts from accepted words and a day, read off docs/rulepack.md by hand.

It shares no code with the product (not even the contracts) and is as slow and as obvious as it can be: every
household is judged from all words, every time. Input is what `shouwang words --json` prints.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from tests.oracle_house import House
from tests.oracle_told import BELONGS, EVENT, MEMBER, Came, Entry, Signal, day_of, village_signals

__all__ = ["Entry", "Expected", "Signal", "differences", "facts_of", "homes", "standing_alerts"]


@dataclass(frozen=True)
class Expected:
    """A standing alert as it must be; `raised_on` and the wording are history and prose, so they are left out."""

    level: str
    class_: str
    village: str
    signals: tuple[Signal, ...]
    cannot_tell: tuple[str, ...]
    suppressed: bool = False


def rank(entry: Entry) -> tuple[str, int, datetime, int, str]:
    """The total order of words (docs/design.md 4.1)."""
    late = entry["op"] in ("correct", "withdraw")
    return (entry["as_of"], int(late), datetime.fromisoformat(entry["stated_at"]), entry["line"], entry["id"])


def facts_of(words: Iterable[Entry]) -> list[Entry]:
    """What stands: of every fact the newest word, if it does not take the fact back."""
    newest: dict[tuple[str, str, str], Entry] = {}
    for entry in words:
        if entry.get("subject") is None or entry["type"].endswith(".sending.v1"):
            continue
        fact = (entry["type"], entry["subject"], entry["key"])
        if fact not in newest or rank(entry) > rank(newest[fact]):
            newest[fact] = entry
    return [entry for entry in newest.values() if entry["op"] in ("state", "correct")]


def homes(facts: Sequence[Entry], today: date) -> dict[str, list[Entry]]:
    """Living members of every household on a day, each by the membership that counts."""
    memberships: dict[str, list[Entry]] = {}
    for entry in facts:
        if entry["type"] == MEMBER:
            memberships.setdefault(entry["subject"], []).append(entry)
    living: dict[str, list[Entry]] = {}
    for entries in memberships.values():
        if any(
            e["data"]["变动"] == "死亡" and (day_of(e["data"].get("生效日期")) or date.min) <= today for e in entries
        ):
            continue
        candidates = [
            e
            for e in entries
            if e["data"]["变动"] in BELONGS and (day_of(e["data"].get("生效日期")) or date.min) <= today
        ]
        if candidates:
            home = max(candidates, key=lambda e: (day_of(e["data"].get("生效日期")) or date.min, e["data"]["户序"]))
            living.setdefault(home["data"]["户编号"], []).append(home)
    return living


def standing_alerts(words: Iterable[Entry], today: date) -> dict[tuple[str, str], Expected]:
    """Every alert that must stand on a day, by (subject, rule)."""
    said = list(words)
    facts, came = facts_of(said), Came(said)
    by_subject: dict[str, list[Entry]] = {}
    for entry in facts:
        by_subject.setdefault(entry["subject"], []).append(entry)
    events = [e for e in facts if e["type"] == EVENT]
    found: dict[tuple[str, str], Expected] = {}
    for ref, members in homes(facts, today).items():
        near = [e for subject in (ref, *(m["subject"] for m in members)) for e in by_subject.get(subject, ())]
        house = House(ref, members, near, events, today, came)
        for rule, level, evidence, named in house.alerts():
            unknown = tuple(sorted(house.unknown & set(named)))
            signals = tuple(sorted(evidence))
            found[ref, rule] = Expected(level, house.class_, house.village, signals, unknown, house.suppressed(rule))
    for code in {e["subject"] for e in events}:
        signals_, unknown_ = village_signals([e for e in events if e["subject"] == code], code, today)
        if signals_:
            level = "red" if any(s.id == "disaster" for s in signals_) else "orange"
            found[code, "village"] = Expected(level, "", code, tuple(sorted(signals_)), tuple(sorted(unknown_)))
    return found


def differences(expected: Mapping[tuple[str, str], Expected], lines: Iterable[Mapping[str, Any]]) -> list[str]:
    """What the lines of `shouwang alerts --json` say otherwise than expected, one sentence each."""
    said = {(line["subject"], line["rule"]): line for line in lines}
    found = [f"missing {key}: {expected[key]}" for key in sorted(expected.keys() - said.keys())]
    found += [f"unexpected {key}: {said[key]}" for key in sorted(said.keys() - expected.keys())]
    for key in sorted(expected.keys() & said.keys()):
        want, line = expected[key], said[key]
        got = Expected(
            line["level"],
            line["class"],
            line["village"],
            tuple(sorted(Signal(s["id"], s["subject"], s["department"], s["facts"][0]) for s in line["signals"])),
            tuple(sorted(line["cannot_tell"])),
            line["suppressed"],
        )
        if got != want:
            found.append(f"{key}: expected {want}, got {got}")
    return found
