"""Judge and settle: dirty households are judged from scratch, compared with what stands, and the changes noted."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Literal

from contracts.alerts import AlertChange, AlertSaid, SignalSaid, encode_change
from services.alerts.domain.judgement import Alert, judge
from services.alerts.domain.rulebook import Policy
from services.alerts.domain.settle import Cause, Change, settle
from services.alerts.domain.signals import Evidence
from services.alerts.store.ledger import CountyLedger
from services.alerts.store.reading import Standing
from services.alerts.store.rows import place_in
from services.alerts.store.writing import Effects
from services.alerts.worker.cache import CountyCache
from shouwang.kit.letters import Letter

Because = Literal["words", "day", "rulebook"]


@dataclass(slots=True)
class Court:
    """One county on one day under one rulebook: judges households and notes in `effects` what comes of it."""

    cache: CountyCache
    ledger: CountyLedger
    policy: Policy
    day: date
    now: datetime
    effects: Effects
    letters: list[Letter]
    because: Because = "words"

    def judge(self, households: Mapping[str, Sequence[str]]) -> int:
        """Judge these households, loaded before, given with their words' ids; returns how many alerts changed."""
        return sum(self._judge(ref, households[ref]) for ref in sorted(households))

    def _judge(self, ref: str, words: Sequence[str]) -> int:
        standing = self.cache.alerts[ref]
        try:
            judgement = judge(self.cache.household(ref), self.policy, self.day, self.cache.lists)
            before = {rule: alert_of(alert) for rule, alert in standing.items() if alert.standing}
            changes = settle(before, judgement, Cause(self.because, tuple(words)), self.policy.levels)
        except Exception as failed:  # a document that fails here must not hold up other households
            self._quarantine(ref, failed)
            return 0
        self._note_due(ref, judgement.due)
        for change in changes:
            self._note(ref, standing, change)
        return len(changes)

    def _note_due(self, ref: str, due: date | None) -> None:
        if self.cache.due.get(ref) == due:
            return
        self.effects.due[int(self.cache.county), ref] = due
        if due is None:
            del self.cache.due[ref]
        else:
            self.cache.due[ref] = due

    def _note(self, ref: str, standing: dict[str, Standing], change: Change) -> None:
        """One change: the alert as it stands now, a line of its history, a word to the departments."""
        stood = standing.get(change.rule)
        raised = change.before is None
        alert = change.after or change.before
        assert alert is not None  # settle gives no change from nothing to nothing
        now = Standing(
            rule=change.rule,
            standing=change.after is not None,
            level=alert.level,
            class_=alert.class_,
            suppressed=alert.suppressed,
            village=alert.village,
            evidence=alert.evidence_json(),
            raised_on=self.day.isoformat() if raised or stood is None else stood.raised_on,
            episodes=(stood.episodes if stood else 0) + raised,
        )
        standing[change.rule] = now
        self._write(ref, now, change, alert)

    def _write(self, ref: str, now: Standing, change: Change, alert: Alert) -> None:
        county, version = int(self.cache.county), self.policy.version
        self.ledger.changes += 1
        place = place_in(self.cache.county, self.ledger.changes)
        self.effects.alerts[county, ref, now.rule] = (
            county,
            ref,
            now.rule,
            now.standing,
            now.level,
            now.class_,
            now.suppressed,
            now.village,
            now.evidence,
            now.raised_on,
            version,
            now.episodes,
        )
        self.effects.changes.append(
            (
                place,
                ref,
                now.rule,
                change.kind,
                now.level,
                change.reason,
                self.day.isoformat(),
                place_in(self.cache.county, self.ledger.words),
                now.evidence,
            )
        )
        self.effects.outbox.append((place, encode_change(self._said(ref, now, change, alert))))

    def _said(self, ref: str, now: Standing, change: Change, alert: Alert) -> AlertSaid:
        county, number = self.cache.county, self.ledger.changes
        return AlertSaid(
            id=f"{county}-{number}",
            source=f"/county/{county}/alerts",
            subject=ref,
            time=self.now,
            data=AlertChange(
                rule=now.rule,
                kind=change.kind,
                reason=change.reason,
                words=change.words,
                day=self.day,
                level=now.level,
                class_=now.class_,
                suppressed=now.suppressed,
                village=now.village,
                signals=tuple(SignalSaid.model_validate(one, from_attributes=True) for one in alert.signals),
                cannot_tell=alert.cannot_tell,
                raised_on=date.fromisoformat(now.raised_on),
                rulebook=self.policy.version,
            ),
            seq=number,
            partitionkey=county,
        )

    def _quarantine(self, ref: str, failed: Exception) -> None:
        """What stands stays; a person is told which household and which failure, once per kind of failure."""
        reason = f"judging {ref} fails: {type(failed).__name__}"
        mark = sha256(f"{self.policy.version} {reason}".encode()).hexdigest()[:16]
        self.letters.append(Letter("judge", reason, f"judge/{self.cache.county}/{ref}/{mark}", self.cache.county))


def alert_of(standing: Standing) -> Alert:
    """A stored alert as the domain knows it."""
    said = json.loads(standing.evidence)
    signals = tuple(
        Evidence(one["id"], one["subject"], one["department"], one["says"], tuple(one["facts"]))
        for one in said["signals"]
    )
    return Alert(
        standing.rule,
        standing.level,
        standing.class_,
        standing.suppressed,
        standing.village,
        signals,
        tuple(said["cannot_tell"]),
    )
