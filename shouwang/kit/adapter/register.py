"""The register: what a department says stands, and what one more sending changes in it.

`take` is "How a sending is read" of docs/feeds.md. What stands is the newest statement of a fact by the order
(as_of; 更正 and 撤回 after 新增; stated_at; line; id), a list's rows and its silence counting as 新增.
A long sending is taken in portions, each of which holds all rows of its subjects.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from contracts.catalogue import FACTS
from contracts.envelope import word_id
from contracts.sending import ListClosed, SendingClosed, Unread
from contracts.vocabulary import Op, Shape, SubjectKind
from shouwang.kit.adapter import holding, listing
from shouwang.kit.adapter.noticing import Notices
from shouwang.kit.adapter.reasons import HINTS, REFUSALS
from shouwang.kit.adapter.sending import (
    NOBODY,
    Change,
    Outcome,
    Piece,
    Portion,
    Row,
    Sending,
    Trouble,
    Verdict,
    View,
    Warned,
)
from shouwang.kit.adapter.statements import Entry, FactId, Heard, ListSaid, Said, microseconds

MONTHLY = "年月"
COUNTED = ("received", "withdrawn", "doubtful", *(verdict.value for verdict in Verdict))
_STATE, _CORRECT, _WITHDRAW, _OMIT = Op.STATE, Op.CORRECT, Op.WITHDRAW, Op.OMIT


def take(sending: Sending, view: View) -> Outcome:
    """What a sending amounts to against what is kept, all of it in memory; stores nothing itself."""
    taking = begin(sending, view)
    whole = Outcome()
    for piece in taking.pieces():
        whole.add(piece)
    end = taking.end()
    end.add(whole)
    end.troubles.sort(key=lambda trouble: trouble.line)
    return end


def begin(sending: Sending, view: View) -> "Taking":
    """A sending that can be taken portion by portion."""
    if sending.digest and not sending.confirmed and view.repeats(sending.digest, sending.shape, sending.as_of):
        return Repeated(sending, view)
    return TakingList(sending, view) if sending.shape is Shape.LIST else TakingIncrement(sending, view)


def closing(sending: Sending, counts: Mapping[str, int], lists: Iterable[ListSaid]) -> SendingClosed:
    """What closes the sending."""
    return SendingClosed(
        feed=FACTS[sending.type].meta.feed,
        shape="list" if sending.shape is Shape.LIST else "increment",
        lists=tuple(ListClosed(period=said.period, area=said.area, unread=unread_of(said)) for said in lists),
        **counts,
    )


def unread_of(said: ListSaid) -> tuple[Unread, ...]:
    """Whom a list could not read, as its closing word says it."""
    known = sorted(said.unread, key=lambda one: (one[0], one[1] or ""))
    return tuple(Unread(subject=subject, key=key) for subject, key in known)


class Taking:
    """One sending on its way into the register."""

    def __init__(self, sending: Sending, view: View) -> None:
        self.sending, self.view = sending, view
        self.meta = FACTS[sending.type].meta
        self.counts: Counter[str] = Counter()
        self.stated_us = microseconds(sending.stated_at)
        self.day = sending.as_of.isoformat()
        self.notices = Notices(sending.county, sending.type)

    def pieces(self) -> Iterator[Piece]:
        """What each portion amounts to; to be used up before `end`."""
        for portion in self.sending.in_portions():
            piece = self.portion(portion)
            self.counts["received"] += len(portion.rows)
            given = list(piece.verdicts.values())
            for verdict in Verdict:
                self.counts[verdict.value] += given.count(verdict)
            yield piece

    def portion(self, portion: Portion) -> Piece:
        """What one portion amounts to."""
        raise NotImplementedError

    def end(self) -> Outcome:
        """What the whole amounts to, beside its pieces."""
        counts = {name: self.counts[name] for name in COUNTED}
        return Outcome(counts=counts, closed=closing(self.sending, counts, ()))

    def period(self, key: str) -> str:
        """The scope a fact belongs to."""
        return key if self.meta.period else ""

    def learn_names(self, portion: Portion, piece: Piece) -> None:
        """Note who bears which name, and who had another one before."""
        borne = {(row.subject, row.name): row.line for row in portion.rows if row.subject and row.name}
        if not borne:
            return
        known = self.view.names({subject for subject, _ in borne}, portion.span)
        said: dict[str, set[str]] = {}
        person = self.meta.subject is SubjectKind.PERSON
        for (subject, name), line in borne.items():
            before = known.get(subject)
            if before is not None and name in before:
                said.setdefault(subject, set()).add(name)
                continue
            here = said.get(subject)
            if person and (before or here):
                piece.warnings.append(Warned(line, "姓名", "name_differs"))
            said.setdefault(subject, set()).add(name)
            piece.names.append((subject, name))

    def publish(self, touched: Iterable[Entry], piece: Piece) -> None:
        """Publish what changed, and keep every entry that was touched."""
        for entry in touched:
            said = self.notices.change(entry)
            if said is not None:
                entry.shown = said
                piece.changes.append(Change(entry.subject, entry.key, said))
            piece.entries.append(entry)


class Repeated(Taking):
    """The same bytes again: all rows duplicate, nothing changes."""

    def portion(self, portion: Portion) -> Piece:
        """Only counted."""
        return Piece(verdicts={row.line: Verdict.DUPLICATE for row in portion.rows})

    def end(self) -> Outcome:
        """See `Taking.end`."""
        outcome = super().end()
        outcome.repeated = True
        return outcome


class TakingIncrement(Taking):
    """Every row is a statement, or a repeat."""

    def portion(self, portion: Portion) -> Piece:
        """See `Taking.portion`."""
        piece = Piece(troubles=[row.trouble for row in portion.rows if row.trouble])
        self.learn_names(portion, piece)
        facts = {_fact(row) for row in portion.rows if row.trouble is None}
        kept = self.view.entries(facts)
        self.notices.know(self.view.lists({self.period(key) for _, key in facts} - self.notices.known))
        touched: dict[FactId, Entry] = {}
        seen: set[tuple[object, ...]] = set()
        for row in portion.rows:
            if row.trouble is not None:
                verdict = Verdict.REJECTED
            elif _spelled(row) in seen:
                verdict = Verdict.DUPLICATE
            else:
                seen.add(_spelled(row))
                fact = _fact(row)
                entry = touched.get(fact)
                if entry is None:
                    entry = touched[fact] = self.notices.noticed(kept.get(fact) or Entry(*fact))
                verdict = self._tell(row, entry)
            piece.verdicts[row.line] = verdict
        self.publish(touched.values(), piece)
        return piece

    def _tell(self, row: Row, entry: Entry) -> Verdict:
        """One row of an increment."""
        op, stated_us = row.op, microseconds(row.stated_at) if row.stated_at else self.stated_us
        day, content = row.as_of.isoformat(), "" if op is _WITHDRAW else row.content
        sending = self.sending
        id_ = word_id(sending.county, sending.type, entry.subject, entry.key, op, day, content)
        said = Said(op, day, stated_us, row.line, id_, content)
        stood = entry.now.newest()
        if not entry.hear(Heard(sending.number, False, "", said)):
            return Verdict.DUPLICATE
        return _verdict(said, stood, stood)


class TakingList(Taking):
    """Every row is a statement; what the list does not name and could read is said to be not so."""

    def __init__(self, sending: Sending, view: View) -> None:
        super().__init__(sending, view)
        self._named: tuple[Sequence[Row], listing.Named] | None = None
        self._nameless: set[str] = set()
        self._borne: frozenset[str] = frozenset()
        self._readable: Counter[str] = Counter()
        self._unread: set[tuple[str, str | None]] = set()
        self._stood: Counter[str] = Counter()
        self._gone: Counter[str] = Counter()
        self._amounts = holding.Amounts(FACTS[sending.type])
        self._periods = self._look_ahead()
        before = {holding.month_before(one) for one in self._periods} if self.meta.period == MONTHLY else set()
        self._lists = view.lists({*self._periods, *before})
        self.notices.know(self._lists)

    def _look_ahead(self) -> list[str]:
        """The periods of which something is named; also notes the names of rows without a subject."""
        periods: dict[str, None] = {}
        there_may_be = self.sending.periods if self.meta.period else frozenset({""})
        for portion in self.sending.in_portions():
            if portion.span != NOBODY and periods and periods.keys() == there_may_be:
                break
            self._nameless |= listing.without_subject(portion.rows)
            named = self._names(portion.rows)
            found = named.by_period() if self.meta.period else {"": named.rows} if named.rows else {}
            periods |= dict.fromkeys(found)
        self._borne = listing.bearing(self.view.bearers(self._nameless)) if self._nameless else frozenset()
        return list(periods)

    def _names(self, rows: Sequence[Row]) -> listing.Named:
        if self._named is None or self._named[0] is not rows:
            self._named = rows, listing.names(rows)
        return self._named[1]

    def portion(self, portion: Portion) -> Piece:
        """See `Taking.portion`."""
        rows, named = portion.rows, self._names(portion.rows)
        rejected = [row for row in rows if row.trouble] + named.clashing
        piece = Piece(troubles=[row.trouble for row in rows if row.trouble])
        piece.troubles += [Trouble(row.line, "", "conflict", "", HINTS["conflict"]) for row in named.clashing]
        piece.verdicts = dict.fromkeys([row.line for row in rejected], Verdict.REJECTED)
        piece.verdicts |= dict.fromkeys([row.line for row in named.repeated], Verdict.DUPLICATE)
        self.learn_names(portion, piece)
        unread = listing.unread(rejected, rows, self._nameless, self._borne, portion.span)
        self._unread |= unread
        periods = named.by_period() if self.meta.period else {"": named.rows}
        for period in self._periods:
            said = self._said(period, unread, len(periods.get(period, ())))
            self._take(said, periods.get(period, {}), portion, piece)
        return piece

    def _said(self, period: str, unread: Collection[tuple[str, str | None]], readable: int) -> ListSaid:
        sending = self.sending
        if self.meta.period:
            unread = [one for one in unread if one[1] in (None, period)]
        return ListSaid(
            period, sending.area, sending.as_of, sending.stated_at, sending.receipt, readable, frozenset(unread),
            sending.number, sending.columns,
        )  # fmt: skip

    def _take(self, said: ListSaid, named: Mapping[FactId, Row], portion: Portion, piece: Piece) -> None:
        """Take what the list of one period says of the facts of a portion."""
        scope = self.view.scope(said.period, portion.span)
        area = said.area
        covered = [entry for entry in scope.values() if entry.stands and (not area or listing.covers(area, entry))]
        self._readable[said.period] += len(named)
        self._stood[said.period] += sum(holding.lasts(entry.shown.content) for entry in covered if entry.shown)
        touched, verdicts, get, noticed = [], piece.verdicts, scope.get, self.notices.noticed
        for fact, row in named.items():
            entry = noticed(get(fact) or Entry(*fact))
            touched.append(entry)
            verdicts[row.line] = self._name(row, entry)
        touched += self._fall_silent(said, [entry for entry in covered if entry.fact not in named])
        self.publish(touched, piece)

    def _name(self, row: Row, entry: Entry) -> Verdict:
        """One row of a list; a 撤回 in a list is the list saying so, like its silence."""
        sending, now = self.sending, entry.now
        op, content = (_OMIT, "") if row.op is _WITHDRAW else (_STATE, row.content)
        id_ = word_id(sending.county, sending.type, entry.subject, entry.key, op, self.day, content)
        said = Said(op, self.day, self.stated_us, row.line, id_, content)
        other = stood = now.newest()
        if op is _STATE:
            if now.listed is not None and now.listed.content:
                self._amounts.share(now.listed.content, content)
            if now.told:  # told in the same words it is the same statement, and no other
                others = (now.listed, now.fixed, *(one for one in now.told if one.id != id_))
                other = max((one for one in others if one), key=lambda one: one.order, default=None)
        entry.hear(Heard(sending.number, True, sending.area, said))
        return _verdict(said, other, stood)

    def _fall_silent(self, said: ListSaid, unnamed: Iterable[Entry]) -> Iterator[Entry]:
        """What stands and was not named is said to be not so, or is doubtful; gives the entries that end."""
        for entry in unnamed:
            newest, silence = entry.now.newest(), self.notices.silence(entry, said)
            if newest is not None and newest.order > silence.order:
                continue
            if said.could_read(entry.fact):
                self._gone[said.period] += entry.shown is not None and holding.lasts(entry.shown.content)
                self.counts["withdrawn"] += 1
                entry.hear(Heard(said.number, True, said.area, silence))
                yield entry
            else:
                self.counts["doubtful"] += 1

    def end(self) -> Outcome:
        """See `Taking.end`."""
        if not self._periods:
            return Outcome(refused=Trouble(0, "", "nothing_readable", "", REFUSALS["nothing_readable"]))
        lists = [self._said(period, self._unread, self._readable[period]) for period in self._periods]
        outcome = super().end()
        outcome.lists = lists
        outcome.closed = closing(self.sending, outcome.counts, lists)
        outcome.held_because = () if self.sending.confirmed else tuple(filter(None, self._doubts(lists)))
        return outcome

    def _doubts(self, lists: Iterable[ListSaid]) -> Iterator[str]:
        for said in lists:
            before = any(one.area == said.area for one in self._lists[said.period])
            yield holding.vanished(said.period, before, self._stood[said.period], self._gone[said.period])
            if self.meta.period == MONTHLY:
                yield holding.short_month(said, self._lists)
        yield holding.lacking_columns(self.sending.columns, self.view.columns())
        yield self._amounts.confused_unit()


def _fact(row: Row) -> FactId:
    return row.subject or "", row.key or ""


def _spelled(row: Row) -> tuple[object, ...]:
    """What makes two rows of an increment the same row."""
    return row.subject, row.key, row.op, row.as_of, row.stated_at, row.content


def _verdict(said: Said, other: Said | None, stood: Said | None) -> Verdict:
    """`other` is the newest of what else was said, `stood` what stood before; the first that fits."""
    if other is not None and said.order < other.order:
        return Verdict.SUPERSEDED
    if said.content and stood is not None and stood.content == said.content:
        return Verdict.UNCHANGED
    return Verdict.ACCEPTED
