"""The register: what a department says stands, and what one more sending changes in it.

`take` is "How a sending is read" of docs/feeds.md. What stands is the newest statement of a fact by the order
(as_of; 更正 and 撤回 after 新增; stated_at; line; id), a list's rows and its silence counting as 新增.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime

from contracts.catalogue import FACTS
from contracts.envelope import word_id
from contracts.sending import ListClosed, SendingClosed, Unread
from contracts.vocabulary import Op, Shape, SubjectKind
from shouwang.kit.adapter import holding
from shouwang.kit.adapter.listing import Listing, covers, read_list
from shouwang.kit.adapter.reasons import REFUSALS
from shouwang.kit.adapter.sending import Change, Outcome, Row, Sending, Trouble, Verdict, View, Warned
from shouwang.kit.adapter.statements import Entry, FactId, ListSaid, Said, newer

MONTHLY = "年月"


def take(sending: Sending, view: View) -> Outcome:
    """What a sending amounts to against what is kept; stores nothing itself."""
    if sending.digest and not sending.confirmed and view.repeats(sending.digest, sending.shape, sending.as_of):
        outcome = Outcome(repeated=True, verdicts={row.line: Verdict.DUPLICATE for row in sending.rows})
        close(outcome, sending)
        return outcome
    taking = _Taking(sending, view)
    if sending.shape is Shape.LIST:
        taking.take_list()
    else:
        taking.take_increment()
    return taking.outcome


def close(outcome: Outcome, sending: Sending) -> None:
    """Count, and say what closes the sending."""
    given = list(outcome.verdicts.values())
    counts = {verdict.value: given.count(verdict) for verdict in Verdict}
    outcome.counts = {"received": len(sending.rows), "withdrawn": 0, "doubtful": 0, **outcome.counts, **counts}
    outcome.closed = SendingClosed(
        feed=FACTS[sending.type].meta.feed,
        shape="list" if sending.shape is Shape.LIST else "increment",
        lists=tuple(
            ListClosed(
                period=said.period,
                area=said.area,
                unread=tuple(
                    Unread(subject=subject, key=key)
                    for subject, key in sorted(said.unread, key=lambda one: (one[0], one[1] or ""))
                ),
            )
            for said in outcome.lists
        ),
        **outcome.counts,
    )


class _Taking:
    """One sending on its way into the register."""

    def __init__(self, sending: Sending, view: View) -> None:
        self.sending, self.view = sending, view
        self.meta = FACTS[sending.type].meta
        self.outcome = Outcome(troubles=[row.trouble for row in sending.rows if row.trouble])
        self.entries: dict[FactId, Entry] = {}
        self.touched: dict[FactId, Entry] = {}
        self.lists: Mapping[str, Sequence[ListSaid]] = {}
        self.shared: list[holding.Pair] = []
        self._learn_names()

    def take_increment(self) -> None:
        """Every row is a statement, or a repeat."""
        facts = {_fact(row) for row in self.sending.rows if row.trouble is None}
        self.entries = dict(self.view.entries(facts))
        self.lists = self.view.lists({self._period(key) for _, key in facts})
        seen: set[tuple[object, ...]] = set()
        for row in self.sending.rows:
            if row.trouble is not None:
                verdict = Verdict.REJECTED
            elif _spelled(row) in seen:
                verdict = Verdict.DUPLICATE
            else:
                seen.add(_spelled(row))
                verdict = self._tell(row)
            self.outcome.verdicts[row.line] = verdict
        self._publish()
        close(self.outcome, self.sending)

    def take_list(self) -> None:
        """Every row is a statement; what it does not name and could read is said to be not so."""
        listings = read_list(self.sending, bool(self.meta.period), self._bearers, self.outcome)
        if not listings:
            self.outcome.refused = Trouble(0, "", "nothing_readable", "", REFUSALS["nothing_readable"])
            return
        before = {holding.month_before(period) for period in listings} if self.meta.period == MONTHLY else set()
        self.lists = self.view.lists({*listings, *before})
        doubts = [self._take_listing(listing) for listing in listings.values()]
        self.outcome.lists = [listing.said for listing in listings.values()]
        self.outcome.held_because = tuple(doubt for doubt in (*sum(doubts, ()), *self._doubts()) if doubt)
        self._publish()
        close(self.outcome, self.sending)

    def _take_listing(self, listing: Listing) -> tuple[str, ...]:
        """Take the list of one period; gives what is suspicious about it."""
        said = listing.said
        scope = self.view.scope(said.period)
        self.entries.update(scope)
        standing = {
            fact: entry.shown
            for fact, entry in scope.items()
            if entry.shown is not None and entry.stands and covers(said.area, entry.shown)
        }
        for row in listing.rows.values():
            self.outcome.verdicts[row.line] = self._name(row)
        silenced = self._fall_silent(listing, [scope[fact] for fact in standing if fact not in listing.rows])
        if self.sending.confirmed:
            return ()
        applied = [one for one in self.lists[said.period] if one.area == said.area]
        ended = [standing[fact] for fact in silenced]
        return (
            holding.vanished(listing, applied, standing.values(), ended),
            holding.short_month(listing, self.lists) if self.meta.period == MONTHLY else "",
        )

    def _doubts(self) -> tuple[str, ...]:
        if self.sending.confirmed:
            return ()
        lacking = holding.lacking_columns(self.sending.columns, self.view.columns())
        return lacking, holding.confused_unit(FACTS[self.sending.type], self.shared)

    # ------------------------------------------------------------------------------------------------- statements

    def _tell(self, row: Row) -> Verdict:
        """One row of an increment."""
        entry = self._entry(_fact(row))
        said = self._said(row, row.op, row.as_of, row.stated_at or self.sending.stated_at)
        stood = entry.newest()
        if row.op is not Op.STATE:
            entry.fixed = newer(entry.fixed, said)
        elif said.mark in entry.heard or entry.repeat(said):
            return Verdict.DUPLICATE
        else:
            entry.told.append(said)
        entry.prune()
        return _verdict(said, stood, stood)

    def _name(self, row: Row) -> Verdict:
        """One row of a list; a 撤回 in a list is the list saying so, like its silence."""
        entry = self._entry(_fact(row))
        op = Op.OMIT if row.op is Op.WITHDRAW else Op.STATE
        said = self._said(row, op, self.sending.as_of, self.sending.stated_at)
        stood = entry.newest()
        if op is Op.STATE:
            entry.named(said)
            if entry.listed and entry.listed.content:
                self.shared.append((entry.listed.content, said.content))
        other = entry.newest() if op is Op.STATE else stood
        entry.listed = newer(entry.listed, said)
        entry.prune()
        return _verdict(said, other, stood)

    def _fall_silent(self, listing: Listing, unnamed: Iterable[Entry]) -> list[FactId]:
        """What stands and was not named is said to be not so, or is doubtful; gives the facts that end."""
        ended: list[FactId] = []
        doubtful = 0
        for entry in unnamed:
            newest, silence = entry.newest(), self._silence(entry.fact, listing.said)
            if newest is not None and newest.order > silence.order:
                continue
            if listing.said.could_read(entry.fact):
                entry.listed = newer(entry.listed, silence)
                entry.prune()
                self.touched[entry.fact] = entry
                ended.append(entry.fact)
            else:
                doubtful += 1
        counts = self.outcome.counts
        counts["doubtful"] = counts.get("doubtful", 0) + doubtful
        counts["withdrawn"] = counts.get("withdrawn", 0) + len(ended)
        return ended

    def _entry(self, fact: FactId) -> Entry:
        """The entry of a fact, with the newest silence about it noticed."""
        entry = self.touched.get(fact)
        if entry is None:
            entry = self.touched[fact] = self.entries.get(fact) or Entry(*fact)
            for said in self.lists.get(self._period(fact[1]), ()):
                # A list newer than what lists said of the fact cannot have named it, so it was silent.
                newest = entry.listed is None or entry.listed.order < (said.as_of, 0, said.stated_at)
                if newest and said.could_read(fact) and covers(said.area, entry.newest()):
                    entry.listed = newer(entry.listed, self._silence(fact, said))
        return entry

    def _said(self, row: Row, op: Op, as_of: date, stated_at: datetime) -> Said:
        content = row.content if op.says_so else ""
        return Said(op, as_of, stated_at, row.line, self._id(_fact(row), op, as_of, content), content)

    def _silence(self, fact: FactId, said: ListSaid) -> Said:
        return Said(Op.OMIT, said.as_of, said.stated_at, 0, self._id(fact, Op.OMIT, said.as_of, ""), "")

    def _id(self, fact: FactId, op: Op, as_of: date, content: str) -> str:
        return word_id(self.sending.county, self.sending.type, *fact, op, as_of, content)

    def _period(self, key: str) -> str:
        return key if self.meta.period else ""

    # ------------------------------------------------------------------------------------------------------- names

    def _learn_names(self) -> None:
        """Note who bears which name, and who had another one before."""
        borne = {(row.subject, row.name): row.line for row in self.sending.rows if row.subject and row.name}
        known = self.view.names({subject for subject, _ in borne})
        said: dict[str, set[str]] = {}
        for (subject, name), line in borne.items():
            before = known.get(subject, frozenset()) | said.get(subject, set())
            said.setdefault(subject, set()).add(name)
            if name not in before:
                self.outcome.names.append((subject, name))
                if before and self.meta.subject is SubjectKind.PERSON:
                    self.outcome.warnings.append(Warned(line, "姓名", "name_differs"))

    def _bearers(self, names: Collection[str]) -> Mapping[str, frozenset[str]]:
        known = self.view.bearers(names)
        here: dict[str, set[str]] = {name: set() for name in names}
        for subject, name in self.outcome.names:
            if name in here:
                here[name].add(subject)
        return {name: known.get(name, frozenset()) | here[name] for name in names}

    # ------------------------------------------------------------------------------------------------- publication

    def _publish(self) -> None:
        """Publish what changed, and keep every entry that was touched."""
        for entry in self.touched.values():
            change = _change(entry)
            if change is not None:
                entry.shown = Said(change.op, change.as_of, change.stated_at, change.line, change.id, change.content)
                self.outcome.changes.append(change)
        self.outcome.entries = list(self.touched.values())


def _fact(row: Row) -> FactId:
    return row.subject or "", row.key or ""


def _spelled(row: Row) -> tuple[object, ...]:
    """What makes two rows of an increment the same row."""
    return row.subject, row.key, row.op, row.as_of, row.stated_at, row.content


def _verdict(said: Said, other: Said | None, stood: Said | None) -> Verdict:
    """`other` is the newest of what else was said, `stood` what stood before; the first that fits."""
    if other is not None and said.order < other.order:
        return Verdict.SUPERSEDED
    if said.op.says_so and stood is not None and stood.content == said.content:
        return Verdict.UNCHANGED
    return Verdict.ACCEPTED


def _change(entry: Entry) -> Change | None:
    """The word to publish, if what stands differs from what was published.

    A word is never older than the one before it. It could only be when a repeat has moved what was published to an
    earlier 报送时间; then the next word takes the place just after it (as_of and rank are the same in that case).
    """
    now, shown = entry.newest(), entry.shown
    if now is None or now.content == (shown.content if shown else ""):
        return None
    stated_at, line = now.stated_at, now.line
    if shown is not None and now.order <= shown.order:
        stated_at, line = shown.stated_at, shown.line + 1
    return Change(entry.subject, entry.key, now.op, now.as_of, stated_at, line, now.id, now.content)
