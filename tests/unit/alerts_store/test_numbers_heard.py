"""Two integers tell repetition and loss."""

from hypothesis import given
from hypothesis import strategies as st

from services.alerts.store.ledger import CountyLedger
from services.alerts.worker.numbers import hear

ARRIVALS = st.lists(st.integers(1, 30), max_size=60)


@given(arrivals=ARRIVALS)
def test_every_number_is_new_the_first_time_and_only_then(arrivals: list[int]) -> None:
    county, heard = CountyLedger(), set[int]()
    for seq in arrivals:
        assert (hear(county, "health", seq) is not False) == (seq not in heard)
        heard.add(seq)


@given(arrivals=ARRIVALS)
def test_what_is_missing_is_what_has_not_come_below_the_highest(arrivals: list[int]) -> None:
    county = CountyLedger()
    for seq in arrivals:
        hear(county, "health", seq)
    missing = {n for first, last in county.missing.get("health", []) for n in range(first, last + 1)}
    assert missing == set(range(1, max(arrivals, default=0))) - set(arrivals)


def test_a_gap_is_told_once_when_it_opens() -> None:
    county = CountyLedger()
    assert [hear(county, "health", seq) for seq in (1, 5, 6)] == [True, (2, 4), True]


def test_departments_count_for_themselves() -> None:
    county = CountyLedger()
    assert (hear(county, "health", 1), hear(county, "education", 1)) == (True, True)
