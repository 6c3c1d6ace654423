"""What counts of the lists of a scope once one of them was taken back (contracts/sending.py)."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from contracts.sending import ListClosed, ListCounts, Unread
from services.alerts.domain.household import Lists

ZONE = ZoneInfo("Asia/Shanghai")
AID = "civil_affairs.allowance.v1"
MAY = (date(2026, 5, 31), datetime(2026, 6, 1, tzinfo=ZONE))
JUNE = (date(2026, 6, 30), datetime(2026, 7, 1, tzinfo=ZONE))


def both() -> Lists:
    lists = Lists()
    lists.take(AID, ListClosed(unread=(Unread(subject="a"),)), *MAY, "may")
    lists.take(AID, ListClosed(unread=(Unread(subject="b"),)), *JUNE, "june")
    return lists


def test_the_newest_list_left_counts_again_though_it_is_older() -> None:
    lists = both()
    assert lists.says(AID, "", "a", "低保")
    counts = ListCounts(as_of=MAY[0], stated_at=MAY[1], sending="may")
    lists.take_back(AID, ListClosed(unread=(Unread(subject="a"),), counts=counts))
    assert not lists.says(AID, "", "a", "低保")
    assert lists.says(AID, "", "b", "低保")


def test_without_a_list_left_nothing_is_known_of_who_is_not_in_it() -> None:
    lists = both()
    lists.take_back(AID, ListClosed())
    assert not lists.says(AID, "", "c", "低保")
    lists.take(AID, ListClosed(), *MAY, "again")
    assert lists.says(AID, "", "c", "低保")
