"""The newest word of a fact, in whatever order words are heard."""

from datetime import UTC, date, datetime, timedelta
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary import Op
from services.alerts.domain.word import Facts, Word, newest, take

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


def word(day: int = 1, op: Op = Op.STATE, minute: int = 0, line: int = 1, id_: str = "a") -> Word:
    return Word("t", "父", "k", op, date(2026, 6, day), NOON + timedelta(minutes=minute), line, id_, "s", None)


words = st.builds(
    word, st.integers(1, 3), st.sampled_from(Op), st.integers(0, 2), st.integers(0, 2), st.sampled_from("abc")
)


def test_a_later_day_beats_a_correction_of_an_earlier_one() -> None:
    assert newest(word(1, Op.CORRECT), word(2)) == word(2)


def test_a_correction_beats_the_statement_it_concerns_whichever_comes_first() -> None:
    correction, statement = word(op=Op.CORRECT), word(minute=5)
    assert newest(correction, statement) == newest(statement, correction) == correction


def test_a_later_line_of_one_sending_is_stated_later() -> None:
    assert newest(word(line=2), word(line=1)).line == 2


@given(st.permutations([word(d, op, m) for d in (1, 2) for op in Op for m in (0, 1)]), st.lists(words))
def test_hearing_in_any_order_and_again_ends_with_the_same_word(said: list[Word], more: list[Word]) -> None:
    every = [*said, *more, *said]
    assert reduce(newest, every[1:], every[0]) == max(every, key=lambda one: one.order)


def test_hearing_a_word_again_is_no_change() -> None:
    facts: Facts = {}
    assert take(facts, word())
    assert not take(facts, word())
    assert take(facts, word(2))
