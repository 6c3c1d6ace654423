"""The register, the words it publishes, and a plain recomputation over all statements agree after every step."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.envelope import word_id
from contracts.health import SelfPaidYear
from contracts.rural_affairs import Household
from contracts.vocabulary import Op, Shape
from services.alerts.domain.word import Word, newest
from shouwang.kit.adapter.memory import MemoryView
from shouwang.kit.adapter.sending import Outcome, Row, Sending, Trouble, Verdict
from shouwang.kit.adapter.statements import FactId

COUNTY = "532927"
ZONE = ZoneInfo("Asia/Shanghai")
YEARLY, WHOLE = SelfPaidYear.meta.type, Household.meta.type
DAYS = [date(2026, 3, day) for day in (1, 2)]
FIRST = datetime(2026, 4, 1, 9, tzinfo=ZONE)
SUBJECTS = ("p-a", "p-b")
NAMES = {subject: f"name of {subject}" for subject in SUBJECTS}
CONTENTS = ('{"个人自付":"1"}', '{"个人自付":"2"}', '{"个人自付":"3"}')

Position = tuple[date, int, datetime, int, str]


def unreadable(line: int) -> Trouble:
    return Trouble(line, "个人自付", "amount_invalid", "文本", "")


@st.composite
def rows(draw: st.DrawFn, keys: Sequence[str], moments: st.SearchStrategy[datetime | None], line: int) -> Row:
    """One row of an increment; the day is its own."""
    content = draw(st.sampled_from(CONTENTS))
    op = draw(st.sampled_from([Op.STATE, Op.STATE, Op.STATE, Op.CORRECT, Op.WITHDRAW]))
    row = Row(
        line,
        draw(st.sampled_from(SUBJECTS)),
        draw(st.sampled_from(keys)),
        "",
        op,
        draw(st.sampled_from(DAYS)),
        draw(moments),
        content if op is not Op.WITHDRAW else "",
    )
    row.name = NAMES[row.subject or ""]
    return draw(spoiled(row)) if draw(st.integers(0, 5)) == 0 else row


@st.composite
def spoiled(draw: st.DrawFn, row: Row) -> Row:
    """The row as one that could not be read, of which more or less is still known."""
    row.content, row.trouble = "", unreadable(row.line)
    known = draw(st.sampled_from(["subject and key", "subject", "name", "nothing"]))
    if known != "subject and key":
        row.key = None
    if known in ("name", "nothing"):
        row.subject = None
    if known == "nothing":
        row.name = ""
    return row


@st.composite
def told_again(draw: st.DrawFn, row: Row, moments: st.SearchStrategy[datetime | None], line: int) -> Row:
    """An earlier row once more, perhaps said at another time."""
    stated_at = row.stated_at if draw(st.booleans()) else draw(moments)
    return replace(row, line=line, stated_at=stated_at, trouble=row.trouble and unreadable(line))


@st.composite
def sendings(
    draw: st.DrawFn, type_: str, moments: st.SearchStrategy[datetime | None], number: int, before: Sequence[Row]
) -> Sending:
    """A list or an increment; `moments` gives its own 报送时间 or None, `before` are rows sent earlier."""
    received = FIRST + timedelta(hours=number)
    if draw(st.booleans()):
        made = draw(some_rows(type_, moments, before, 0))
        as_of = max((row.as_of for row in made), default=DAYS[0])
        return Sending(f"r{number}", COUNTY, type_, Shape.INCREMENT, as_of, received, made)
    as_of = draw(st.sampled_from(DAYS))
    made = draw(some_rows(type_, st.none(), before, 1))
    for row in made:
        row.as_of = as_of
        if row.op is Op.CORRECT:
            row.op = Op.STATE
    return Sending(f"r{number}", COUNTY, type_, Shape.LIST, as_of, draw(moments) or received, made)


@st.composite
def some_rows(
    draw: st.DrawFn, type_: str, moments: st.SearchStrategy[datetime | None], before: Sequence[Row], least: int
) -> list[Row]:
    """Rows of one sending, every other one much like an earlier row, of this sending or another."""
    keys = ("2025", "2026") if type_ == YEARLY else ("",)
    made: list[Row] = []
    for line in range(2, 2 + draw(st.integers(least, 5))):
        earlier = [*made, *before]
        if bool(earlier) and draw(st.booleans()):
            made.append(draw(told_again(draw(st.sampled_from(earlier)), moments, line)))
        else:
            made.append(draw(rows(keys, moments, line)))
    return made


def told_alike(one: Row, other: Row) -> bool:
    """The same row twice in a file."""
    return (one.subject, one.key, one.op, one.as_of, one.stated_at, one.content) == (
        other.subject, other.key, other.op, other.as_of, other.stated_at, other.content
    )  # fmt: skip


@dataclass
class Recomputation:
    """All statements ever made, as docs/feeds.md says them; what stands is worked out anew each time it is asked."""

    type_: str
    told: dict[tuple[FactId, date, str], list[tuple[datetime, int]]] = field(default_factory=lambda: defaultdict(list))
    """新增 by fact, day and content: every time it was told, by whatever sending."""
    listed: dict[tuple[FactId, date, str], list[tuple[datetime, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """Rows of lists alike."""
    firm: list[tuple[FactId, Op, date, datetime, int, str]] = field(default_factory=list)
    """更正 and 撤回."""
    dropped: list[tuple[FactId, date, datetime, int]] = field(default_factory=list)
    """撤回 rows of lists, which say what their silence would."""
    lists: list[tuple[str, date, datetime, set[FactId], set[tuple[str, str | None]]]] = field(default_factory=list)
    bearers: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def hear(self, sending: Sending, *, silent: bool = False) -> None:
        """Add what a sending says, if it says anything; of one that was taken back only who bears which name."""
        for row in sending.rows:
            if row.subject and row.name:
                self.bearers[row.name].add(row.subject)
        if sending.shape is Shape.LIST and not silent:
            self._hear_list(sending)
        elif not silent:
            self._hear_increment(sending)

    def _hear_increment(self, sending: Sending) -> None:
        good = [row for row in sending.rows if row.trouble is None]
        for at, row in enumerate(good):
            if any(told_alike(row, before) for before in good[:at]):
                continue
            fact, moment = (row.subject or "", row.key or ""), row.stated_at or sending.stated_at
            if row.op is Op.STATE:
                self.told[fact, row.as_of, row.content].append((moment, row.line))
            else:
                self.firm.append((fact, row.op, row.as_of, moment, row.line, row.content))

    def _hear_list(self, sending: Sending) -> None:
        good = [row for row in sending.rows if row.trouble is None]
        bad = [row for row in sending.rows if row.trouble is not None]
        by_fact: dict[FactId, list[Row]] = defaultdict(list)
        for row in good:
            by_fact[row.subject or "", row.key or ""].append(row)
        agreed = {fact: some[0] for fact, some in by_fact.items() if len({(r.op, r.content) for r in some}) == 1}
        bad += [row for fact, some in by_fact.items() if fact not in agreed for row in some]
        silent_about: set[tuple[str, str | None]] = set()
        for row in bad:
            if row.subject is not None:
                silent_about.add((row.subject, row.key))
            else:
                silent_about |= {(subject, None) for subject in self.bearers.get(row.name, ())}
        for period in {key if self.type_ == YEARLY else "" for _, key in agreed}:
            named = {fact for fact in agreed if self.type_ != YEARLY or fact[1] == period}
            self.lists.append((period, sending.as_of, sending.stated_at, named, silent_about))
        for fact, row in agreed.items():
            if row.op is Op.WITHDRAW:
                self.dropped.append((fact, sending.as_of, sending.stated_at, row.line))
            else:
                self.listed[fact, sending.as_of, row.content].append((sending.stated_at, row.line))

    def stands(self) -> dict[FactId, str]:
        """The content of every standing fact: of all statements about it the newest, if it says so."""
        said: dict[FactId, list[tuple[Position, str]]] = defaultdict(list)

        def add(fact: FactId, op: Op, as_of: date, at: tuple[datetime, int], content: str) -> None:
            id_ = word_id(COUNTY, self.type_, *fact, op, as_of, content)
            said[fact].append(((as_of, op.rank, *at, id_), content))

        for (fact, as_of, content), times in self.told.items():
            # The increment's statement is one, told when it was first told, by a list too.
            add(fact, Op.STATE, as_of, min(times + self.listed.get((fact, as_of, content), [])), content)
        for (fact, as_of, content), times in self.listed.items():
            for at in times:
                add(fact, Op.STATE, as_of, at, content)
        for fact, op, as_of, moment, line, content in self.firm:
            add(fact, op, as_of, (moment, line), content)
        for fact, as_of, moment, line in self.dropped:
            add(fact, Op.OMIT, as_of, (moment, line), "")
        for period, as_of, moment, named, silent_about in self.lists:
            for fact in list(said):
                in_scope = self.type_ != YEARLY or fact[1] == period
                if in_scope and fact not in named and not {fact, (fact[0], None)} & silent_about:
                    add(fact, Op.OMIT, as_of, (moment, 0), "")
        newest_of = {fact: max(statements)[1] for fact, statements in said.items()}
        return {fact: content for fact, content in newest_of.items() if content}


class Listener:
    """What alerts makes of the words, by its own rule."""

    def __init__(self, type_: str) -> None:
        self.type_ = type_
        self.words: dict[FactId, Word] = {}
        self.contents: dict[str, str] = {}

    def hear(self, outcome: Outcome, sending: Sending) -> None:
        for change in outcome.changes:
            word = Word(
                self.type_, change.subject, change.key, change.op, change.as_of, change.stated_at, change.line,
                change.id, sending.receipt, None,
            )  # fmt: skip
            self.contents[change.id] = change.content
            fact = (change.subject, change.key)
            self.words[fact] = newest(self.words.get(fact), word)

    def stands(self) -> dict[FactId, str]:
        return {fact: self.contents[word.id] for fact, word in self.words.items() if word.op.says_so}


def standing(view: MemoryView) -> dict[FactId, str]:
    return {fact: entry.shown.content for fact, entry in view.kept.items() if entry.shown and entry.stands}


OWN_OR_NOT = st.none() | st.sampled_from([FIRST + timedelta(hours=hour) for hour in range(-3, 6)])
OWN = st.sampled_from([FIRST + timedelta(hours=hour) for hour in range(6)])


@st.composite
def histories(draw: st.DrawFn, moments: st.SearchStrategy[datetime | None]) -> list[Sending]:
    type_ = draw(st.sampled_from([YEARLY, WHOLE]))
    history: list[Sending] = []
    for number in range(draw(st.integers(1, 8))):
        before = [row for sending in history for row in sending.rows]
        history.append(draw(sendings(type_, moments, number, before)))
    return history


@given(histories(OWN_OR_NOT), st.data())
@settings(max_examples=400, deadline=None)
def test_register_words_and_recomputation_agree_after_every_step(history: list[Sending], data: st.DataObject) -> None:
    type_ = history[0].type
    view, plain, listener = MemoryView(type_), Recomputation(type_), Listener(type_)
    for sending in history:
        sending.digest = hashlib.sha256(repr(sending.rows).encode()).hexdigest()
        times = 2 if data.draw(st.integers(0, 4)) == 0 else 1
        for time in range(times):
            seen_before = view.repeats(sending.digest, sending.shape, sending.as_of)
            outcome = view.take(sending)
            listener.hear(outcome, sending)
            assert outcome.repeated == seen_before
            assert not time or outcome.refused or outcome.repeated
            if not outcome.refused and not outcome.repeated:
                plain.hear(sending)
            assert standing(view) == plain.stands()
            assert listener.stands() == plain.stands()
            if not outcome.refused:
                counts = outcome.counts
                assert counts["received"] == sum(counts[verdict.value] for verdict in Verdict)


@given(histories(OWN_OR_NOT), st.data())
@settings(max_examples=300, deadline=None)
def test_after_a_withdrawal_it_is_as_if_the_sending_had_never_said_anything(
    history: list[Sending], data: st.DataObject
) -> None:
    type_ = history[0].type
    view, listener = MemoryView(type_), Listener(type_)
    said: list[Sending] = []
    gone: set[int] = set()
    for number, sending in enumerate(history, 1):
        sending.number = number
        outcome = view.take(sending)
        listener.hear(outcome, sending)
        if not outcome.refused:
            said.append(sending)
        view.open_from = data.draw(st.integers(view.open_from, number))
        open_ = [one.number for one in said if one.number >= view.open_from and one.number not in gone]
        wanted = data.draw(st.booleans())
        if open_ and wanted:
            back = data.draw(st.sampled_from(open_))
            gone.add(back)
            piece = view.withdraw(COUNTY, back)
            listener.hear(Outcome(changes=piece.changes), replace(sending, receipt=f"back-{back}"))
        plain = Recomputation(type_)
        for one in said:
            plain.hear(one, silent=one.number in gone)
        assert standing(view) == plain.stands()
        assert listener.stands() == plain.stands()


@given(histories(OWN), st.randoms(use_true_random=False))
@settings(max_examples=250, deadline=None)
def test_with_their_own_times_it_does_not_matter_which_sending_came_first(
    history: list[Sending], chance: Random
) -> None:
    ends = []
    for _ in range(3):
        view, listener = MemoryView(history[0].type), Listener(history[0].type)
        # Who bears a name is what was known when the list came, so everybody is known beforehand here.
        view.borne = {subject: {name} for subject, name in NAMES.items()}
        for sending in history:
            listener.hear(view.take(sending), sending)
        ends.append(standing(view))
        assert listener.stands() == standing(view)
        chance.shuffle(history)
    assert ends[0] == ends[1] == ends[2]
