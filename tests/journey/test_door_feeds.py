"""What a department is told of its own feeds: when they were last heard, and whether they are late or silent."""

from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from shouwang.kit.clock import SHANGHAI
from tests.doors import OTHER, Office

CHILD = {"姓名": "张小明", "身份证号": "11010119900307109X", "台账编号": "T1", "状态": "疑似辍学"}


def about(office: Office) -> dict[str, Any]:
    """The absence feed as the bureau sees it."""
    return next(one for one in office.bureau.get("/v1/feeds").json()["feeds"] if one["feed"] == "school_absence")


def at(office: Office, day: date) -> None:
    """It is that day."""
    office.clock.set(datetime.combine(day, time(9), SHANGHAI))


def test_a_feed_is_new_then_fine_then_late_then_silent_and_an_empty_increment_heals_it(tmp_path: Path) -> None:
    office = Office(tmp_path, "education")
    assert (about(office)["state"], about(office)["last"]) == ("never", None)
    office.settled(office.records("school_absence", [CHILD]))
    assert (about(office)["state_title"], about(office)["last"]) == ("正常", "2026-06-15")
    at(office, date(2026, 8, 6))  # due on 07-06 and 08-05
    assert (about(office)["state"], about(office)["due"], about(office)["silent"]) == ("silent", "2026-07-06", True)
    assert about(office)["says"] == "自6月15日起未收到疑似辍学台账数据"
    office.settled(office.records("school_absence", []))  # 零报告
    assert (about(office)["state_title"], about(office)["overdue_working_days"]) == ("晚到", 1)
    at(office, date(2026, 9, 4))
    office.settled(office.records("school_absence", []))
    assert about(office)["state"] == "ok"
    office.close()


def test_what_another_county_sent_is_not_ours_and_what_was_refused_was_not_heard(tmp_path: Path) -> None:
    office = Office(tmp_path, "education")
    ours, other = office.key, office.issue(OTHER)
    office.bureau.headers["Authorization"] = f"Bearer {other}"
    office.settled(office.records("school_absence", []))
    office.bureau.headers["Authorization"] = f"Bearer {ours}"
    refused = office.settled(office.file("school_absence", "a.csv", "姓名,状态\n张小明,疑似辍学\n".encode()))
    assert refused["state"] == "refused"
    assert about(office)["last"] is None
    office.close()
