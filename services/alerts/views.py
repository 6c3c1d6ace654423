"""What pages show: the queue's lines, one household whole, and what the live rulebook calls things."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from services.alerts.domain.rulebook import Policy
from services.alerts.store.queues import Place


@dataclass(frozen=True, slots=True)
class Titles:
    """What the live rulebook calls things, for people; an id without a title is shown as it is."""

    version: str
    rules: Mapping[str, str] = field(default_factory=dict)
    signals: Mapping[str, str] = field(default_factory=dict)
    sentences: Mapping[str, str] = field(default_factory=dict)
    """Every document as a Chinese sentence, by its id."""

    @classmethod
    def of(cls, policy: Policy) -> "Titles":
        """The titles of a loaded rulebook."""
        said = {id_: document.title for id_, document in policy.documents.items()}
        rules = {id_: said[id_] for id_ in policy.rules}
        signals = {id_: said[id_] for id_ in policy.signals}
        return cls(policy.version, rules, signals, dict(policy.read()))

    def rule(self, id_: str) -> str:
        """A rule's title."""
        return self.rules.get(id_, id_)

    def signal(self, id_: str) -> str:
        """A signal's title."""
        return self.signals.get(id_, id_)


@dataclass(frozen=True, slots=True)
class Signal:
    """One risk signal of an alert: who, which department, what it says."""

    id: str
    subject: str
    who: str
    department: str
    says: str
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AlertView:
    """One standing alert as a page shows it."""

    rule: str
    title: str
    level: str
    class_: str
    suppressed: bool
    raised_on: date
    signals: tuple[Signal, ...]
    cannot_tell: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One subject of the queue; the heaviest alert first."""

    place: Place
    ref: str
    kind: str
    village: str
    name: str
    living: int | None
    alerts: tuple[AlertView, ...]

    @property
    def level(self) -> str:
        """Its heaviest level."""
        return self.alerts[0].level

    @property
    def says(self) -> list[str]:
        """Every reason once, the heaviest alert's first."""
        return list(dict.fromkeys(signal.says for alert in self.alerts for signal in alert.signals))

    @property
    def departments(self) -> list[str]:
        """The departments whose facts are behind it."""
        return list(dict.fromkeys(signal.department for alert in self.alerts for signal in alert.signals))


@dataclass(frozen=True, slots=True)
class Queue:
    """One page of the queue, with the counts its filters need."""

    lines: tuple[Line, ...]
    levels: dict[str, int]
    """Subjects by level, over all pages, whatever level is filtered by."""
    rules: dict[str, int]
    villages: dict[str, int]
    total: int
    after: Place | None
    """Where the next page begins."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a department last said of one fact; never its content."""

    title: str
    department: str
    who: str
    period: str
    as_of: date
    stated_at: datetime
    stands: bool
    evidence: bool


@dataclass(frozen=True, slots=True)
class MemberView:
    """One living member."""

    ref: str
    who: str
    sex: str


@dataclass(frozen=True, slots=True)
class HouseholdView:
    """One household whole."""

    line: Line
    suppressed: tuple[AlertView, ...]
    members: tuple[MemberView, ...]
    said: tuple[Said, ...]
    """The newest day first."""
    silent: tuple[str, ...]
    """Departments that never said anything of this household."""
