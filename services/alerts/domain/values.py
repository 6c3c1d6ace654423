"""Three-valued answers and half-known amounts: what a condition computes with (docs/design.md 4.6).

`None` is unknown. `ABSENT` is known not to be there, and fulfils no comparison. A `Range` is known only from one side.
"""

import operator
from collections.abc import Callable, Iterable
from decimal import Decimal
from enum import Enum
from typing import Any, Final, NamedTuple

Answer = bool | None
"""Hit, miss, cannot tell."""


class Absent(Enum):
    """The single value of what is known not to be there."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


class Range(NamedTuple):
    """A number known to be at least `low` and at most `high`; None is no bound."""

    low: Decimal | int | None
    high: Decimal | int | None

    @property
    def bound(self) -> Decimal | int | None:
        """The side that is known."""
        return self.low if self.high is None else self.high


def all_of(answers: Iterable[Answer]) -> Answer:
    """Kleene's and; stops at the first miss."""
    found: Answer = True
    for answer in answers:
        if answer is False:
            return False
        if answer is None:
            found = None
    return found


def any_of(answers: Iterable[Answer]) -> Answer:
    """Kleene's or; stops at the first hit."""
    found: Answer = False
    for answer in answers:
        if answer:
            return True
        if answer is None:
            found = None
    return found


def negate(answer: Answer) -> Answer:
    """Kleene's not."""
    return None if answer is None else not answer


Operation = Callable[[Any, Any], bool]


def compare(operation: Operation, left: Any, right: Any) -> Answer:
    """Compare two values, of which either may be unknown, absent or half known."""
    if left is ABSENT or right is ABSENT:
        return False
    if left is None or right is None:
        return None
    if type(left) is Range or type(right) is Range:
        return _compare_ranges(operation, _ends(left), _ends(right))
    return operation(left, right)


def _ends(value: Any) -> Range:
    return value if type(value) is Range else Range(value, value)


def _known(operation: Operation, left: Any, right: Any) -> bool:
    return left is not None and right is not None and operation(left, right)


def _compare_ranges(operation: Operation, left: Range, right: Range) -> Answer:
    if operation in (operator.gt, operator.ge):
        flipped = operator.lt if operation is operator.gt else operator.le
        return _compare_ranges(flipped, right, left)
    if operation in (operator.lt, operator.le):
        opposite = operator.ge if operation is operator.lt else operator.gt
        if _known(operation, left.high, right.low):
            return True
        return False if _known(opposite, left.low, right.high) else None
    apart = _known(operator.lt, left.high, right.low) or _known(operator.gt, left.low, right.high)
    return (operation is operator.ne) if apart else None


def plus(left: Any, right: Any) -> Any:
    """Add two amounts. An amount is never negative: with an unknown addend the sum is at least its known part."""
    if left is ABSENT or right is ABSENT:
        return ABSENT
    if left is None or right is None or type(left) is Range or type(right) is Range:
        return Range(_least(left) + _least(right), None)
    return left + right


def _least(value: Any) -> Any:
    if value is None:
        return 0
    return (value.low or 0) if type(value) is Range else value


def exact(operation: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    """Apply an operation that needs both sides; what is at least so much stays so when the right side is exact."""
    if left is ABSENT or right is ABSENT:
        return ABSENT
    if left is None or right is None or type(right) is Range:
        return None
    if type(left) is Range:
        return None if left.low is None else Range(operation(left.low, right), None)
    return operation(left, right)
