"""Settle: what stands and what was judged, compared; the changes and why (docs/design.md 4.3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from services.alerts.domain.judgement import Alert, Judgement

Kind = Literal["raised", "risen", "eased", "withdrawn", "lapsed", "superseded", "updated"]
GONE: Mapping[str, Kind] = {"words": "withdrawn", "day": "lapsed", "rulebook": "superseded"}
REASONS: Mapping[str, str] = {
    "words": "部门的陈述有变化",
    "day": "日期已到",
    "rulebook": "规则库已更换",
}


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a household is judged again: words (their ids, newest last), the turn of the day, or another rulebook."""

    kind: Literal["words", "day", "rulebook"]
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One alert that changed; `words` are the ids of the words that made it change."""

    kind: Kind
    rule: str
    before: Alert | None
    after: Alert | None
    reason: str
    words: tuple[str, ...] = ()


def settle(
    standing: Mapping[str, Alert], judgement: Judgement, cause: Cause, levels: Sequence[str]
) -> tuple[Change, ...]:
    """The changes from what stands (by rule) to what was judged; `levels` come highest first."""
    judged = {alert.rule: alert for alert in judgement.alerts}
    changes = []
    for rule in sorted(standing.keys() | judged.keys()):
        before, after = standing.get(rule), judged.get(rule)
        if before != after:
            kind = _kind(before, after, cause, levels)
            changes.append(Change(kind, rule, before, after, _reason(before, after, cause), cause.words))
    return tuple(changes)


def _kind(before: Alert | None, after: Alert | None, cause: Cause, levels: Sequence[str]) -> Kind:
    if before is None:
        return "raised"
    if after is None:
        return GONE[cause.kind]
    was, now = levels.index(before.level), levels.index(after.level)
    if now == was:
        return "updated"
    return "risen" if now < was else "eased"


def _reason(before: Alert | None, after: Alert | None, cause: Cause) -> str:
    """The cause in a sentence, with the evidence that came and went."""
    was = {(one.id, one.subject): one.says for one in before.signals} if before else {}
    now = {(one.id, one.subject): one.says for one in after.signals} if after else {}
    came = [now[one] for one in sorted(now) if now[one] != was.get(one)]
    went = [was[one] for one in sorted(was) if one not in now]
    parts = [REASONS[cause.kind]]
    parts += [f"现有：{'；'.join(came)}"] if came else []
    parts += [f"不再成立：{'；'.join(went)}"] if went else []
    return "。".join(parts)
