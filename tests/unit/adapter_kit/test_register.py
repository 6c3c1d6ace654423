"""How a sending is read (docs/feeds.md), sentence by sentence, on the register kept in memory."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from contracts.civil_affairs import Allowance, HouseholdMember
from contracts.education import SchoolAbsence
from contracts.health import SelfPaidYear
from contracts.rural_affairs import Household
from contracts.vocabulary import Op, Shape
from shouwang.kit.adapter.memory import MemoryView
from shouwang.kit.adapter.sending import Outcome, Row, Sending, Trouble
from shouwang.kit.adapter.statements import Entry

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 6, 1, 9, tzinfo=ZONE)
JUNE, MAY = date(2026, 6, 30), date(2026, 5, 31)
PAID, HOMES, ABSENCE = SelfPaidYear.meta.type, Household.meta.type, SchoolAbsence.meta.type
AID, MEMBERS = Allowance.meta.type, HouseholdMember.meta.type


def content(value: object) -> str:
    return f'{{"个人自付":"{value}"}}'


def row(line: int, subject: str | None, value: object, op: Op = Op.STATE, **more: Any) -> Row:
    said = content(value) if isinstance(value, int) else str(value)
    made = Row(line, subject, "", "", op, JUNE, None, "" if op is Op.WITHDRAW else said)
    for name, what in more.items():
        setattr(made, name, what)
    return made


def bad(line: int, subject: str | None, key: str | None = None, name: str = "") -> Row:
    return Row(
        line, subject, key, name, Op.STATE, JUNE, None, "", Trouble(line, "个人自付", "amount_invalid", "文本", "")
    )


class Feed:
    """One feed's register, with the sendings it has had."""

    def __init__(self, type_: str) -> None:
        self.type, self.view, self.number = type_, MemoryView(type_), 0

    def send(self, shape: Shape, rows: list[Row], as_of: date = JUNE, **more: Any) -> Outcome:
        self.number += 1
        for one in rows:
            one.as_of = as_of
        stated_at = more.pop("stated_at", START + timedelta(hours=self.number))
        return self.view.take(Sending(f"r{self.number}", "532927", self.type, shape, as_of, stated_at, rows, **more))

    def list(self, *rows: Row, **more: Any) -> Outcome:
        return self.send(Shape.LIST, list(rows), **more)

    def increment(self, *rows: Row, **more: Any) -> Outcome:
        return self.send(Shape.INCREMENT, list(rows), **more)

    def standing(self) -> dict[str, str]:
        shown = {entry.subject: entry.shown for entry in self.view.kept.values() if entry.stands}
        return {subject: said.content for subject, said in shown.items() if said}


def counts(outcome: Outcome) -> dict[str, int]:
    return {name: count for name, count in outcome.counts.items() if count and name != "received"}


def test_an_unchanged_row_is_never_published() -> None:
    feed = Feed(HOMES)
    assert [change.op for change in feed.list(row(2, "a", 1), row(3, "b", 1), as_of=MAY).changes] == [
        Op.STATE,
        Op.STATE,
    ]
    second = feed.list(row(2, "a", 1), row(3, "b", 2))
    assert [(change.subject, change.content) for change in second.changes] == [("b", content(2))]
    assert counts(second) == {"unchanged": 1, "accepted": 1}


def test_a_list_ends_by_silence_what_it_does_not_name() -> None:
    feed = Feed(HOMES)
    feed.list(row(2, "a", 1), row(3, "b", 1), as_of=MAY)
    outcome = feed.list(row(2, "a", 1))
    assert [(change.subject, change.op, change.line, change.content) for change in outcome.changes] == [
        ("b", Op.OMIT, 0, "")
    ]
    assert counts(outcome) == {"unchanged": 1, "withdrawn": 1}


def test_a_late_older_list_changes_nothing_that_a_newer_one_says() -> None:
    feed = Feed(HOMES)
    feed.list(row(2, "a", 1))
    late = feed.list(row(2, "a", 2), row(3, "b", 2), as_of=MAY)
    assert not late.changes
    assert counts(late) == {"superseded": 2}
    assert feed.standing() == {"a": content(1)}


def test_a_correction_for_the_lists_own_day_stands_against_the_list_whichever_comes_first() -> None:
    for first in ("list", "correction"):
        feed = Feed(HOMES)
        if first == "list":
            feed.list(row(2, "a", 1))
        feed.increment(row(2, "a", 2, Op.CORRECT))
        if first == "correction":
            assert counts(feed.list(row(2, "a", 1))) == {"superseded": 1}
        assert feed.standing() == {"a": content(2)}


def test_a_correction_after_a_withdrawal_restores() -> None:
    feed = Feed(ABSENCE)
    feed.increment(row(2, "a", 1))
    assert [change.op for change in feed.increment(row(2, "a", 0, Op.WITHDRAW)).changes] == [Op.WITHDRAW]
    assert counts(feed.increment(row(2, "a", 3))) == {"superseded": 1}
    assert [change.op for change in feed.increment(row(2, "a", 3, Op.CORRECT)).changes] == [Op.CORRECT]


def test_a_withdrawal_of_something_never_stated_is_accepted_and_says_nothing_yet() -> None:
    feed = Feed(ABSENCE)
    outcome = feed.increment(row(2, "a", 0, Op.WITHDRAW))
    assert counts(outcome) == {"accepted": 1}
    assert not outcome.changes
    assert counts(feed.increment(row(2, "a", 1))) == {"superseded": 1}


def test_within_one_sending_a_later_line_is_stated_later() -> None:
    feed = Feed(ABSENCE)
    outcome = feed.increment(row(2, "a", 1), row(3, "a", 2))
    assert counts(outcome) == {"accepted": 2}
    assert [change.content for change in outcome.changes] == [content(2)]


def test_the_same_row_twice_in_a_file_is_one_and_a_duplicate() -> None:
    feed = Feed(ABSENCE)
    twice = [row(line, "a", value, Op.CORRECT) for line, value in ((2, 1), (3, 2), (4, 1))]
    assert counts(feed.increment(*twice)) == {"accepted": 2, "duplicate": 1}
    assert feed.standing() == {"a": content(2)}
    assert counts(Feed(HOMES).list(row(2, "a", 1), row(3, "a", 1))) == {"accepted": 1, "duplicate": 1}


def test_two_different_rows_of_a_list_for_one_fact_are_all_rejected_and_leave_it_doubtful() -> None:
    feed = Feed(HOMES)
    feed.list(row(2, "a", 1), row(3, "b", 1), as_of=MAY)
    outcome = feed.list(row(2, "a", 1), row(3, "b", 1), row(4, "b", 2), row(5, "b", 1))
    assert counts(outcome) == {"unchanged": 1, "rejected": 3, "doubtful": 1}
    assert [(trouble.line, trouble.column, trouble.reason) for trouble in outcome.troubles] == [
        (line, "", "conflict") for line in (3, 4, 5)
    ]
    assert feed.standing() == {"a": content(1), "b": content(1)}


def test_a_repeat_says_nothing_and_of_its_times_the_earliest_counts() -> None:
    feed = Feed(ABSENCE)
    feed.increment(row(2, "a", 1, stated_at=START + timedelta(days=3)))
    assert counts(feed.increment(row(2, "a", 2, stated_at=START + timedelta(days=2)))) == {"superseded": 1}
    repeat = feed.increment(row(7, "a", 1, stated_at=START + timedelta(days=1)))
    assert counts(repeat) == {"duplicate": 1}
    (change,) = repeat.changes
    # What stands now was said before what was published last, so its word takes the place just after that one.
    assert (change.content, change.stated_at, change.line) == (content(2), START + timedelta(days=3), 3)


def test_an_increment_that_repeats_a_row_of_a_list_is_that_statement_again() -> None:
    feed = Feed(HOMES)
    feed.list(row(2, "a", 1))
    feed.increment(row(2, "a", 2))
    assert counts(feed.increment(row(2, "a", 1))) == {"duplicate": 1}
    assert feed.standing() == {"a": content(2)}


@pytest.mark.parametrize(
    ("unread", "doubtful", "withdrawn"),
    [
        (bad(3, "b", ""), 1, 1),
        (bad(3, "b"), 1, 1),
        (bad(3, None, name="n"), 1, 1),
        (bad(3, None), 0, 2),
        (bad(3, None, name="other"), 0, 2),
    ],
)
def test_about_whom_a_list_could_not_read_it_says_nothing(unread: Row, doubtful: int, withdrawn: int) -> None:
    feed = Feed(HOMES)
    feed.list(row(2, "a", 1), row(3, "b", 1, name="n"), row(4, "c", 1), as_of=MAY)
    outcome = feed.list(row(2, "a", 1), unread)
    assert (outcome.counts["doubtful"], outcome.counts["withdrawn"]) == (doubtful, withdrawn)
    assert ("b" in feed.standing()) == bool(doubtful)
    assert outcome.closed is not None
    assert [one.subject for one in outcome.closed.lists[0].unread] == ["b"] * doubtful


def test_a_rejected_row_with_subject_and_key_stands_for_that_fact_and_no_other() -> None:
    feed = Feed(AID)
    feed.list(row(2, "a", 1, key="低保"), row(3, "a", 1, key="特困"), row(4, "b", 1, key="低保"), as_of=MAY)
    outcome = feed.list(row(2, "b", 1, key="低保"), bad(3, "a", "低保"))
    assert (outcome.counts["doubtful"], outcome.counts["withdrawn"]) == (1, 1)


def test_an_older_statement_of_a_fact_that_a_newer_list_did_not_name_is_superseded() -> None:
    feed = Feed(HOMES)
    feed.list(row(2, "a", 1))
    assert counts(feed.increment(row(2, "b", 1), as_of=MAY)) == {"superseded": 1}
    feed.list(row(2, "a", 1), bad(3, "c"), as_of=date(2026, 7, 31))
    # The newest list could not read c, the one before could: that one counts.
    assert counts(feed.increment(row(2, "c", 1), as_of=MAY)) == {"superseded": 1}
    assert counts(feed.increment(row(2, "c", 2), as_of=date(2026, 7, 1))) == {"accepted": 1}


def test_a_file_with_several_periods_is_one_list_each() -> None:
    feed = Feed(PAID)
    feed.list(row(2, "a", 1, key="2025"), row(3, "b", 1, key="2025"), row(4, "a", 1, key="2026"), as_of=MAY)
    outcome = feed.list(row(2, "a", 2, key="2026"))
    assert counts(outcome) == {"accepted": 1}
    assert [one.period for one in outcome.lists] == ["2026"]
    both = feed.list(row(2, "a", 2, key="2026"), row(3, "a", 1, key="2025"), as_of=date(2026, 7, 31))
    assert [one.period for one in both.lists] == ["2026", "2025"]
    assert counts(both) == {"unchanged": 2, "withdrawn": 1}


def test_the_same_bytes_again_are_all_duplicate_and_a_refused_sending_may_come_again() -> None:
    feed = Feed(HOMES)
    refused = feed.list(bad(2, "a"), digest="x")
    assert refused.refused is not None
    assert refused.refused.reason == "nothing_readable"
    assert counts(feed.list(row(2, "a", 1), digest="x")) == {"accepted": 1}
    again = feed.list(row(2, "a", 1), bad(3, "b"), digest="x")
    assert counts(again) == {"duplicate": 2}
    assert again.repeated
    assert not again.lists
    assert not feed.list(row(2, "a", 1), digest="x", as_of=MAY).repeated


def test_another_name_for_the_same_number_is_taken_and_warned_about() -> None:
    feed = Feed(ABSENCE)
    assert not feed.increment(row(2, "a", 1, name="m")).warnings
    outcome = feed.increment(row(2, "a", 2, name="n"), row(3, "b", 1, name="m"))
    assert [(one.line, one.column, one.reason) for one in outcome.warnings] == [(2, "姓名", "name_differs")]
    assert counts(outcome) == {"accepted": 2}
    assert not feed.increment(row(2, "a", 3, name="m")).warnings


def test_a_narrowed_list_is_whole_for_its_area_only() -> None:
    feed = Feed(HOMES)
    near, far = '{"村代码":"532927101203"}', '{"村代码":"532927102203"}'
    feed.list(row(2, "a", near), row(3, "b", near), row(4, "c", far), as_of=MAY)
    outcome = feed.list(row(2, "a", near), area="532927101000")
    assert [change.subject for change in outcome.changes] == ["b"]
    assert counts(feed.increment(row(2, "d", far), as_of=date(2026, 6, 1))) == {"accepted": 1}


def test_the_closing_word_adds_up() -> None:
    closed = Feed(HOMES).list(row(2, "a", 1), bad(3, "b")).closed
    assert closed is not None
    assert (closed.feed, closed.shape, closed.received) == ("household", "list", 2)
    assert (
        closed.accepted + closed.unchanged + closed.superseded + closed.duplicate + closed.rejected == closed.received
    )


def test_an_entry_is_written_down_and_read_back_whole() -> None:
    feed = Feed(HOMES)
    feed.increment(row(2, "a", 1, stated_at=START), row(3, "a", 2, stated_at=START + timedelta(hours=1)))
    feed.increment(row(2, "a", 3, Op.CORRECT), as_of=MAY)
    feed.list(row(2, "a", 4), as_of=MAY)
    (entry,) = feed.view.kept.values()
    again = Entry.load(entry.subject, entry.key, *entry.dump())
    assert (again.dump(), again.recent, again.shown) == (entry.dump(), entry.recent, entry.shown)
    assert len(again.now.told) == len(entry.now.told) == 2
    folded = Entry.load(entry.subject, entry.key, *entry.dump(), open_from=1)
    assert not folded.recent
    assert folded.base.newest() == folded.now.newest() == entry.now.newest()
    assert Entry.load(folded.subject, folded.key, *folded.dump()).dump() == folded.dump()
