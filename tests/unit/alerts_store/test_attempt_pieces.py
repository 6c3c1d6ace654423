"""A batch in pieces is the batch: every record once, in order, without a hole between positions."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.alerts.worker.attempts import BY_SENDING, BY_WORD, in_pieces, one_by_one
from tests.histories import HISTORIES, TOPICS, Sending, topics_of

CIVIL = "shouwang.civil_affairs.facts"


@given(history=HISTORIES, topic=st.sampled_from(TOPICS), tries=st.integers(BY_SENDING, BY_WORD + 1))
def test_pieces_tile_the_batch(history: list[Sending], topic: str, tries: int) -> None:
    batch = topics_of(history).batch(topic, 0, 1000)
    pieces = list(in_pieces(batch, tries))
    assert [record for piece in pieces for record in piece.records] == list(batch.records)
    assert (pieces[0].first, pieces[-1].next) == (batch.first, batch.next)
    assert all(before.next == after.first for before, after in pairwise(pieces))


@pytest.mark.parametrize(("tries", "count"), [(BY_SENDING, 2), (BY_WORD, 9)])
def test_first_by_sending_then_by_word(tries: int, count: int) -> None:
    from tests.histories import SETTLED, TYPES, Statement

    allowed = Sending(TYPES[4], (Statement(0, 0), Statement(1, 0)))
    batch = topics_of([*SETTLED, allowed]).batch(CIVIL, 0, 1000)
    assert len(list(in_pieces(batch, tries))) == count


def test_holes_before_and_after_the_records_stay_in_the_pieces() -> None:
    batch = topics_of([]).batch(CIVIL, 0, 0)._replace(first=5, next=9)
    assert [(piece.first, piece.next) for piece in one_by_one(batch)] == [(5, 9)]
