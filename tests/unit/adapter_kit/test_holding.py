"""When a list is held, at the boundary of each reason (docs/feeds.md, "Held")."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from contracts.civil_affairs import Allowance
from contracts.education import SchoolAbsence
from contracts.health import SelfPaidYear
from contracts.vocabulary import Op, Shape
from shouwang.kit.adapter import holding
from shouwang.kit.adapter.memory import MemoryView
from shouwang.kit.adapter.sending import Outcome, Row, Sending
from shouwang.kit.adapter.statements import ListSaid

AT = datetime(2026, 6, 30, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
AID = Allowance.meta.type


def listing(period: str, readable: int, as_of: date = date(2026, 6, 30)) -> ListSaid:
    return ListSaid(period, "", as_of, AT, "r", readable)


def send(view: MemoryView, subjects: list[str], month: int, content: str = "{}", **more: object) -> Outcome:
    as_of = date(2026, month, 28)
    rows = [Row(at, one, "低保", "", Op.STATE, as_of, None, content) for at, one in enumerate(subjects, 2)]
    made = Sending(f"r{month}", "532927", AID, Shape.LIST, as_of, AT, rows, columns=("类别", "金额"), number=month)
    for name, value in more.items():
        setattr(made, name, value)
    return view.take(made)


def people(count: int) -> list[str]:
    return [f"p{number}" for number in range(count)]


@pytest.mark.parametrize(
    ("stood", "left", "held"),
    [(50, 40, False), (50, 39, True), (45, 36, False), (45, 35, True), (12, 3, False), (12, 2, True)],
)
def test_a_list_that_would_end_more_than_a_fifth_and_ten_is_held(stood: int, left: int, held: bool) -> None:
    view = MemoryView(AID)
    send(view, people(stood), 5)
    outcome = send(view, people(left), 6)
    assert bool(outcome.held_because) == held
    assert sum(entry.stands for entry in view.kept.values()) == (stood if held else left)


def test_facts_that_say_they_ended_count_in_neither_number() -> None:
    view = MemoryView(AID)
    rows = [
        Row(
            at, f"p{at}", "低保", "", Op.STATE, date(2026, 5, 28), None, f'{{"状态":"{"停发" if at > 20 else "享受"}"}}'
        )
        for at in range(2, 52)
    ]
    view.take(Sending("r", "532927", AID, Shape.LIST, date(2026, 5, 28), AT, rows))
    assert not send(view, [f"p{at}" for at in range(2, 21)], 6, '{"状态":"享受"}', columns=()).held_because


def test_a_confirmed_list_is_applied_and_the_scopes_first_is_never_held() -> None:
    view = MemoryView(AID)
    assert not send(view, people(3), 4).held_because
    send(view, people(60), 5)
    assert send(view, people(3), 6).held_because
    assert send(view, people(3), 6, confirmed=True).counts["withdrawn"] == 57


def test_a_list_that_lacks_a_column_the_last_one_had_is_held() -> None:
    view = MemoryView(AID)
    send(view, people(3), 5)
    (why,) = send(view, people(3), 6, columns=("类别",)).held_because
    assert "金额" in why
    assert not send(view, people(3), 6, columns=("类别", "金额", "状态")).held_because


@pytest.mark.parametrize(
    ("amount", "held"), [("400", False), ("8000", True), ("7999.99", False), ("20", True), ("20.01", False)]
)
def test_a_median_twenty_times_or_a_twentieth_of_the_list_before_is_held(amount: str, held: bool) -> None:
    view = MemoryView(AID)
    send(view, people(5), 5, '{"金额":"400"}')
    assert bool(send(view, people(5), 6, f'{{"金额":"{amount}"}}').held_because) == held


def test_amounts_of_zero_or_that_nobody_stated_confuse_no_unit() -> None:
    for before in ('{"个人自付":"0"}', "{}"):
        amounts = holding.Amounts(SelfPaidYear)
        amounts.share(before, '{"个人自付":"900"}')
        assert not amounts.confused_unit()
    assert not holding.Amounts(SelfPaidYear).confused_unit()
    assert holding.amount_fields(SchoolAbsence) == ()


def test_a_month_with_fewer_than_four_fifths_of_the_month_before_is_held_if_it_is_its_months_newest() -> None:
    before = {"2026-05": [listing("2026-05", 100)]}
    assert not holding.short_month(listing("2026-06", 80), before)
    assert holding.short_month(listing("2026-06", 79), before)
    newer = {**before, "2026-06": [listing("2026-06", 100, date(2026, 7, 5))]}
    assert not holding.short_month(listing("2026-06", 79), newer)
    assert not holding.short_month(listing("2026-06", 1), {})
    assert holding.month_before("2026-01") == "2025-12"
