"""What lists have said about facts they did not name, noticed when a fact is touched; and the word that changes it."""

from collections.abc import Mapping, Sequence

from contracts.envelope import word_id
from contracts.vocabulary import Op
from shouwang.kit.adapter.listing import covers
from shouwang.kit.adapter.statements import Entry, Heard, ListSaid, Said, microseconds

_FIRM = frozenset({Op.CORRECT, Op.WITHDRAW})

Silent = tuple[str, int, ListSaid]
"""(as_of, stated_us, the list)."""


class Notices:
    """The applied lists of one feed, as far as they are known."""

    def __init__(self, county: str, type_: str) -> None:
        self._county, self._type = county, type_
        self._silent: dict[str, list[Silent]] = {}

    @property
    def known(self) -> set[str]:
        """The periods whose lists are known."""
        return set(self._silent)

    def know(self, lists: Mapping[str, Sequence[ListSaid]]) -> None:
        """Get to know the applied lists of some periods."""
        for period, said in lists.items():
            found = [(one.as_of.isoformat(), microseconds(one.stated_at), one) for one in said]
            self._silent[period] = sorted(found, key=lambda one: one[:2], reverse=True)

    def noticed(self, entry: Entry) -> Entry:
        """The entry, with every silence noted that is newer than what lists said of it."""
        lists = self._silent.get(entry.key)
        if lists is None:
            lists = self._silent.get("")
        if lists:
            listed = entry.now.listed
            # A list newer than what lists said of the fact cannot have named it, so it was silent.
            if listed is None or (listed.day, listed.stated_us) < lists[0][:2]:
                self._notice(entry, lists, ("", 0) if listed is None else (listed.day, listed.stated_us))
        return entry

    def _notice(self, entry: Entry, lists: Sequence[Silent], after: tuple[str, int]) -> None:
        fact, silent = entry.fact, []
        for day, stated_us, said in lists:
            if (day, stated_us) <= after:
                break
            if said.could_read(fact):
                silent.append(said)
                if not said.area:  # what older lists left unsaid matters no more
                    break
        for said in reversed(silent):
            if not said.area or covers(said.area, entry):
                entry.hear(Heard(said.number, True, said.area, self.silence(entry, said)))

    def silence(self, entry: Entry, said: ListSaid) -> Said:
        """What a list that does not name a fact says of it."""
        day = said.as_of.isoformat()
        id_ = word_id(self._county, self._type, entry.subject, entry.key, Op.OMIT, day, "")
        return Said(Op.OMIT, day, microseconds(said.stated_at), 0, id_, "")

    def change(self, entry: Entry) -> Said | None:
        """The word to publish, if what stands differs from what was published.

        A word is never older than the one before it. It would be when a repeat has moved what was published to an
        earlier 报送时间, and when a sending was taken back: then it takes the place just after the word before.
        """
        now, shown = entry.now.newest(), entry.shown
        content = now.content if now is not None else ""
        if content == (shown.content if shown is not None else ""):
            return None
        if shown is None or (now is not None and now.order > shown.order):
            return now
        op = _OP[shown.op in _FIRM, content != ""]
        id_ = word_id(self._county, self._type, entry.subject, entry.key, op, shown.day, content)
        return Said(op, shown.day, shown.stated_us, shown.line + 1, id_, content)


_OP = {(False, True): Op.STATE, (False, False): Op.OMIT, (True, True): Op.CORRECT, (True, False): Op.WITHDRAW}
