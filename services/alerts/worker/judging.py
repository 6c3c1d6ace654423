"""Judge and settle: dirty households are judged from scratch, compared with what stands, and the changes noted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Literal

from contracts.alerts import AlertChange, AlertSaid, SignalSaid, encode_change
from services.alerts.domain.judgement import DocumentFailed, Judgement, judge, judge_village
from services.alerts.domain.rulebook import Policy
from services.alerts.domain.settle import Cause, Change, settle
from services.alerts.store.ledger import CountyLedger
from services.alerts.store.reading import Judged
from services.alerts.store.rows import place_in
from services.alerts.store.writing import Effects
from services.alerts.worker.cache import CountyCache, Stood, is_household
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
            judgement = self._judgement(ref)
        except Exception as failed:  # a document that fails here must not hold up other households
            self._quarantine(ref, failed)
            return 0
        self._keep(ref, Judged(judgement.village, judgement.due))
        if not standing and not judgement.alerts:
            return 0
        before = {rule: alert.alert for rule, alert in standing.items() if alert.standing}
        changes = settle(before, judgement, Cause(self.because, tuple(words)), self.policy.levels)
        for change in changes:
            self._note(ref, standing, change)
        return len(changes)

    def _judgement(self, ref: str) -> Judgement:
        cache = self.cache
        if not is_household(ref):
            return judge_village(ref, cache.facts(ref), self.policy, self.day, cache.lists)
        household, home = cache.household(ref, self.day)
        return judge(household, self.policy, self.day, cache.lists, home=home)

    def _keep(self, ref: str, judged: Judged) -> None:
        if self.cache.judged.get(ref) != judged:
            self.cache.judged[ref] = self.effects.judged[int(self.cache.county), ref] = judged

    def _note(self, ref: str, standing: dict[str, Stood], change: Change) -> None:
        """One change: the alert as it stands now, a line of its history, a word to the departments."""
        stood = standing.get(change.rule)
        alert = change.after or change.before
        assert alert is not None  # settle gives no change from nothing to nothing
        if stood is None or change.before is None:
            episodes = stood.episodes + 1 if stood else 1
            now = Stood(True, alert, self.day, episodes)
        else:
            now = Stood(change.after is not None, alert, stood.raised_on, stood.episodes)
        standing[change.rule] = now
        self.ledger.changes += 1
        self._write(ref, now, change)

    def _write(self, ref: str, now: Stood, change: Change) -> None:
        county, alert, evidence = int(self.cache.county), now.alert, now.alert.evidence_json()
        place = place_in(self.cache.county, self.ledger.changes)
        last_word = place_in(self.cache.county, self.ledger.words)
        stands = (now.standing, alert.level, alert.class_, alert.suppressed, alert.village, evidence)
        since = (now.raised_on.isoformat(), self.policy.version, now.episodes)
        self.effects.alerts[county, ref, alert.rule] = (county, ref, alert.rule, *stands, *since)
        why = (change.kind, alert.level, change.reason, self.day.isoformat())
        self.effects.changes.append((place, ref, alert.rule, *why, last_word, evidence))
        self.effects.outbox.append((place, encode_change(self._said(ref, now, change))))

    def _said(self, ref: str, now: Stood, change: Change) -> AlertSaid:
        county, number, alert = self.cache.county, self.ledger.changes, now.alert
        return AlertSaid(
            id=f"{county}-{number}",
            source=f"/county/{county}/alerts",
            subject=ref,
            time=self.now,
            data=AlertChange(
                rule=alert.rule,
                kind=change.kind,
                reason=change.reason,
                words=change.words,
                day=self.day,
                level=alert.level,
                class_=alert.class_,
                suppressed=alert.suppressed,
                village=alert.village,
                signals=tuple(SignalSaid.model_validate(one, from_attributes=True) for one in alert.signals),
                cannot_tell=alert.cannot_tell,
                raised_on=now.raised_on,
                rulebook=self.policy.version,
            ),
            seq=number,
            partitionkey=county,
        )

    def _quarantine(self, ref: str, failed: Exception) -> None:
        """What stands stays until it is tried again tomorrow; a person is told the household, document and failure."""
        known = self.cache.judged.get(ref)
        village = known.village if known else None if is_household(ref) else ref
        self._keep(ref, Judged(village, self.day + timedelta(days=1)))
        document = str(failed) if isinstance(failed, DocumentFailed) else "the rulebook"
        reason = f"{document} fails for {ref}: {type(failed.__cause__ or failed).__name__}"
        mark = sha256(f"{self.policy.version} {reason}".encode()).hexdigest()[:16]
        self.letters.append(Letter("judge", reason, f"judge/{self.cache.county}/{ref}/{mark}", self.cache.county))
