"""A long sending put aside and taken in portions is the same as all of it at once."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest

from contracts.health import SelfPaidYear
from contracts.vocabulary import Op, Shape, SubjectKind
from shouwang.kit.adapter.memory import MemoryView
from shouwang.kit.adapter.sending import EVERYBODY, NOBODY, Portion, Row, Sending, Trouble
from shouwang.kit.adapter.spill import IN_MEMORY, Pile, Rows, Spill, spans

ZONE = ZoneInfo("Asia/Shanghai")
AT, DAY = datetime(2026, 6, 30, 9, tzinfo=ZONE), date(2026, 6, 30)
LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


def person(number: int) -> str:
    return "p1" + "".join(Random(number).choices(LETTERS, k=26))


def rows(count: int, seed: int) -> list[Row]:
    """Some of everything: equal rows, conflicts, rejected ones with and without a subject, two years."""
    chance, made = Random(seed), []
    for line in range(2, count + 2):
        who = chance.randrange(count)
        content = f'{{"个人自付":"{chance.randrange(3)}"}}'
        row = Row(line, person(who), chance.choice(("2025", "2026")), f"n{who % 97}", Op.STATE, DAY, None, content)
        if chance.random() < 0.05:
            row.content, row.trouble = "", Trouble(line, "个人自付", "amount_invalid", "文本", "")
            row.subject = row.subject if chance.random() < 0.5 else None
        made.append(row)
    return made


@pytest.fixture
def spill() -> Iterator[Spill]:
    spill = Spill()
    yield spill
    spill.close()


def put_aside(spill: Spill, given: list[Row]) -> Callable[[], Iterator[Portion]]:
    kept = Rows(spill, SubjectKind.PERSON)
    for row in given:
        kept.append(row)
    return kept.portions


def test_all_rows_come_back_in_portions_that_hold_each_subject_whole(spill: Spill) -> None:
    given = rows(IN_MEMORY + 500, 1)
    portions = list(put_aside(spill, given)())
    assert sorted(row.line for portion in portions for row in portion.rows) == [row.line for row in given]
    assert len(portions) > 100
    for (low, high), some in portions:
        assert [row.line for row in some] == sorted(row.line for row in some) or (low, high) == NOBODY
        if (low, high) != NOBODY:
            assert all(row.subject and low <= row.subject and (high is None or row.subject < high) for row in some)


def test_few_rows_are_one_portion_that_touches_no_disk(spill: Spill) -> None:
    (portion,) = put_aside(spill, rows(100, 1))()
    assert portion.span == EVERYBODY
    assert spill._file is None


def test_spans_leave_nobody_out() -> None:
    for kind in (SubjectKind.PERSON, SubjectKind.HOUSEHOLD, SubjectKind.VILLAGE):
        found = spans(kind)
        assert found[0].low == ""
        assert found[-1].high is None
        assert all(one.high == other.low for one, other in pairwise(found))


def test_a_list_in_portions_says_what_it_says_at_once(spill: Spill) -> None:
    views = MemoryView(SelfPaidYear.meta.type), MemoryView(SelfPaidYear.meta.type)
    for month in (5, 6):
        ends = []
        given = rows(IN_MEMORY + 200, month)
        for view, portions in zip(views, (None, put_aside(spill, given)), strict=True):
            sending = Sending(
                f"r{month}", "532927", SelfPaidYear.meta.type, Shape.LIST, date(2026, month, 28), AT, given,
                confirmed=True, number=month, periods=frozenset({"2025", "2026"}), portions=portions,
            )  # fmt: skip
            ends.append(view.take(sending))
        one, other = ends
        assert one.counts == other.counts
        assert sorted(one.changes) == sorted(other.changes)
        assert one.troubles == other.troubles
        assert sorted(one.names) == sorted(other.names)
        assert {said.period: (said.readable, said.unread) for said in one.lists} == {
            said.period: (said.readable, said.unread) for said in other.lists
        }


def test_a_pile_gives_everything_back_in_order(spill: Spill) -> None:
    pile = Pile(spill, 10)
    for number in range(95):
        pile.append(number)
    pile.extend(range(95, 120))
    assert [number for chunk in pile.chunks() for number in chunk] == list(range(120))
