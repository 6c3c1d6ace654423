"""What pages show: the queue's lines, one household whole, and what the live rulebook calls things."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from services.alerts.domain.rulebook import Policy
from services.alerts.store.queues import Place
from shouwang.kit.feed_health import Health
from shouwang.kit.workdays import WorkDays, of_years


@dataclass(frozen=True, slots=True)
class FeedView:
    """One feed of a department as it stands today."""

    type: str
    department: str
    feed: str
    title: str
    bureau: str
    liaison: str
    rhythm: str
    """每月5日前."""
    health: Health
    says: str
    """自10月5日起未收到医保年度累计自付数据; empty while it is not silent."""
    rows: int | None
    """Rows of the newest sending."""
    change: float | None
    """Against the list before, as a share."""
    rejected: float | None
    """Share of rejected rows of the newest sending."""
    unusual: bool
    emptying: tuple[str, ...]
    """Columns that have gone empty."""
    months: tuple[str, ...]
    """Of each month of this year: ok, late, silent or none."""
    alerts: int
    """Standing alerts whose rule reads it."""


@dataclass(frozen=True, slots=True)
class Titles:
    """What the live rulebook calls things, for people; an id without a title is shown as it is."""

    version: str
    rules: Mapping[str, str] = field(default_factory=dict)
    signals: Mapping[str, str] = field(default_factory=dict)
    sentences: Mapping[str, str] = field(default_factory=dict)
    """Every document as a Chinese sentence, by its id."""
    reads: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Which types of facts a rule reads, through its signals too."""
    workdays: WorkDays = field(default_factory=WorkDays)

    @classmethod
    def of(cls, policy: Policy) -> "Titles":
        """The titles of a loaded rulebook."""
        said = {id_: document.title for id_, document in policy.documents.items()}
        rules = {id_: said[id_] for id_ in policy.rules}
        signals = {id_: said[id_] for id_ in policy.signals}
        years = ((one.days_off, one.working_days) for one in policy.calendars.values())
        return cls(policy.version, rules, signals, dict(policy.read()), _reads(policy), of_years(years))

    def rule(self, id_: str) -> str:
        """A rule's title."""
        return self.rules.get(id_, id_)

    def signal(self, id_: str) -> str:
        """A signal's title."""
        return self.signals.get(id_, id_)


def _reads(policy: Policy) -> dict[str, frozenset[str]]:
    """Every type a rule reads itself or through a signal it names."""
    return {
        id_: frozenset(rule.reads.types).union(*(policy.signals[name].reads.types for name in rule.names))
        for id_, rule in policy.rules.items()
    }


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
