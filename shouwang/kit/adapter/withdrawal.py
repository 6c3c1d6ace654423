"""Taking a whole sending back: what stood before stands again, as words of its own (docs/feeds.md)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from contracts.catalogue import FACTS
from contracts.sending import ListClosed, ListCounts, SendingClosed
from contracts.vocabulary import Shape
from shouwang.kit.adapter.noticing import Notices
from shouwang.kit.adapter.register import COUNTED, unread_of
from shouwang.kit.adapter.sending import Change, Piece
from shouwang.kit.adapter.statements import Entry, ListSaid


class Withdrawing:
    """One sending on its way out of the register; pure, as `register` is."""

    def __init__(self, county: str, type_: str, number: int, lists: Sequence[ListSaid]) -> None:
        """`lists` are the applied lists of the feed without those of the sending, in the order in which they were."""
        self._number, self._type = number, type_
        self._notices = Notices(county, type_)
        self._lists: dict[str, list[ListSaid]] = defaultdict(list)
        for said in lists:
            self._lists[said.period].append(said)
        self._notices.know(self._lists)

    def piece(self, entries: Iterable[Entry]) -> Piece:
        """What changes of some entries."""
        piece = Piece()
        for entry in entries:
            if not entry.forget(self._number):
                continue
            said = self._notices.change(self._notices.noticed(entry))
            if said is not None:
                entry.shown = said
                piece.changes.append(Change(entry.subject, entry.key, said))
            piece.entries.append(entry)
        return piece

    def closing(self, receipt: str, shape: Shape, withdrawn: Iterable[ListSaid]) -> SendingClosed:
        """What closes the withdrawal of sending `receipt`: which list of each of its scopes counts from now on."""
        return SendingClosed(
            feed=FACTS[self._type].meta.feed,
            shape="list" if shape is Shape.LIST else "increment",
            lists=tuple(self._counts_now(said) for said in withdrawn),
            withdraws=receipt,
            **dict.fromkeys(COUNTED, 0),
        )

    def _counts_now(self, withdrawn: ListSaid) -> ListClosed:
        same = [said for said in self._lists[withdrawn.period] if said.area == withdrawn.area]
        newest = max(same, key=lambda said: (*said.at, said.receipt), default=None)
        if newest is None:
            return ListClosed(period=withdrawn.period, area=withdrawn.area)
        counts = ListCounts(as_of=newest.as_of, stated_at=newest.stated_at, sending=newest.receipt)
        return ListClosed(
            period=withdrawn.period, area=withdrawn.area, unread=unread_of(newest), counts=counts
        )  # fmt: skip
