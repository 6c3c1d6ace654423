"""Kleene's answers, and amounts of which only a part is known."""

import operator
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.alerts.domain.values import ABSENT, Answer, Range, all_of, any_of, compare, negate, plus

answers = [True, False, None]
amounts = st.decimals(0, 10**6, places=2)


@pytest.mark.parametrize(("a", "b"), list(product(answers, answers)))
def test_unknown_stays_unknown_unless_the_other_side_settles_it(a: Answer, b: Answer) -> None:
    worlds = [(x, y) for x in (True, False) for y in (True, False) if a in (x, None) and b in (y, None)]
    for join, exact in ((all_of, operator.and_), (any_of, operator.or_)):
        possible = {exact(x, y) for x, y in worlds}
        assert join((a, b)) == (possible.pop() if len(possible) == 1 else None)


def test_not_knowing_is_not_turned_into_knowing() -> None:
    assert negate(None) is None


@given(amounts, amounts, amounts)
def test_a_sum_with_an_unknown_addend_is_enough_to_hit_and_never_enough_to_miss(
    known: Decimal, unknown: Decimal, limit: Decimal
) -> None:
    said = compare(operator.ge, plus(known, None), limit)
    assert said in (True, None)
    assert said is None or plus(known, unknown) >= limit
    assert (compare(operator.lt, plus(None, known), limit) is False) == (known >= limit)


def test_what_is_not_there_fulfils_no_comparison() -> None:
    assert compare(operator.ne, ABSENT, 1) is False
    assert compare(operator.eq, ABSENT, None) is False


@pytest.mark.parametrize(
    ("operation", "value", "said"),
    [(operator.le, 90, True), (operator.le, 50, None), (operator.gt, 90, False), (operator.eq, 91, False)],
)
def test_what_is_at_most_so_much_compares_by_its_bound(operation: object, value: int, said: Answer) -> None:
    assert compare(operation, Range(None, 90), value) is said  # type: ignore[arg-type]
