"""Membership to the letter of docs/feeds.md."""

from datetime import UTC, date, datetime

import pytest

from contracts.civil_affairs import Change, HouseholdMember
from contracts.sending import ListClosed, Unread
from contracts.vocabulary import Op
from services.alerts.domain.household import MEMBER, Household, Lists, lives_in, living, moves, village_of
from services.alerts.domain.word import Facts, Word

DAY = date(2026, 6, 15)
NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


def member(home: str, change: Change = "在户", effective: date | None = None, village: str | None = None) -> Word:
    data = HouseholdMember.model_construct(
        户编号=home,
        户序=home,
        村代码=village,
        与户主关系=None,
        生效日期=effective,
        变动=change,
        出生年月="1980-03",
        性别="男",
    )
    return Word(MEMBER, "父", home, Op.STATE, DAY, NOON, 1, home, "s", data)


def person(*words: Word) -> Facts:
    return {MEMBER: {word.key: word for word in words}}


def test_the_latest_effective_day_counts() -> None:
    later, earlier = member("甲", effective=date(2026, 6, 2)), member("乙", effective=date(2026, 6, 1))
    assert lives_in(person(later, earlier), DAY) == "甲"


def test_an_empty_effective_day_comes_first() -> None:
    assert lives_in(person(member("甲"), member("乙", effective=date(1990, 1, 1))), DAY) == "乙"


def test_the_larger_number_breaks_a_tie() -> None:
    assert lives_in(person(member("1"), member("2")), DAY) == "2"


def test_a_membership_counts_from_its_day_on() -> None:
    moved = person(member("甲"), member("乙", "迁入", effective=DAY))
    assert lives_in(moved, date(2026, 6, 14)) == "甲"
    assert lives_in(moved, DAY) == "乙"
    assert list(moves(moved, date(2026, 6, 14))) == [DAY]


def test_moving_out_ends_only_the_membership_it_names() -> None:
    assert lives_in(person(member("甲", "迁出"), member("乙", effective=date(1990, 1, 1))), DAY) == "乙"
    assert lives_in(person(member("甲", "迁出")), DAY) is None


@pytest.mark.parametrize(("day", "home"), [(date(2026, 6, 14), "甲"), (DAY, None)])
def test_death_named_anywhere_ends_every_membership_from_its_day(day: date, home: str | None) -> None:
    assert lives_in(person(member("甲", effective=date(2026, 6, 14)), member("乙", "死亡", effective=DAY)), day) == home


def test_death_without_a_day_ends_every_membership_at_once() -> None:
    assert lives_in(person(member("甲"), member("乙", "死亡")), date(2000, 1, 1)) is None


def test_a_withdrawn_membership_does_not_count() -> None:
    withdrawn = Word(MEMBER, "父", "甲", Op.WITHDRAW, DAY, NOON, 1, "w", "s", None)
    assert lives_in({MEMBER: {"甲": withdrawn}}, DAY) is None


def test_the_village_is_that_of_who_came_last_then_the_larger_code() -> None:
    early, late = member("甲", effective=date(2020, 1, 1), village="2"), member("甲", effective=DAY, village="1")
    home = Household("甲", members={"p": person(early), "q": person(late)})
    assert village_of(home, living(home, DAY)) == "1"


def test_not_being_in_a_list_is_known_only_once_it_came_and_could_read_the_subject() -> None:
    lists = Lists()
    assert not lists.says("t", "2026", "父", "2026")
    unread = (Unread(subject="母"), Unread(subject="子", key="2026"))
    lists.take("t", ListClosed(period="2026", unread=unread), DAY, NOON, "a")
    assert lists.says("t", "2026", "父", "2026")
    assert not lists.says("t", "2025", "父", "2025")
    assert not lists.says("t", "2026", "母", "2026")
    assert not lists.says("t", "2026", "子", "2026")


def test_of_several_lists_of_a_scope_the_newest_counts_whichever_came_last() -> None:
    lists = Lists()
    lists.take("t", ListClosed(), DAY, NOON, "b")
    lists.take("t", ListClosed(unread=(Unread(subject="父"),)), date(2026, 6, 1), NOON, "a")
    assert lists.says("t", "", "父", "")


def test_a_list_of_one_township_says_nothing_about_another() -> None:
    lists = Lists()
    lists.take("t", ListClosed(area="532927100"), DAY, NOON, "a")
    assert lists.says("t", "", "父", "", village="532927100201")
    assert not lists.says("t", "", "父", "", village="532927101201")
