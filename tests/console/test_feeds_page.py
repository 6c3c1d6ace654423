"""数据接入状态, and beside every judgement what was judged without."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from contracts.catalogue import LIAISONS
from services.alerts.policy import load_rulebook
from services.alerts.views import Titles
from tests.asgi import client
from tests.console.test_pages import signed_in
from tests.seeded import COUNTY, KEY, Home, Seeded, close, turn

HOME = Home("H-1", "red")
POOR = Home("H-2", "yellow", rule="income", says="人均纯收入8310元，低于监测线")
ABSENCE = "自3月2日起未收到教体疑似辍学台账数据"


@pytest.fixture
def county(tmp_path: Path) -> Iterator[Seeded]:
    """A county of two months: absences came in March and never again, the household list is a third shorter."""
    seeded = Seeded(tmp_path, [HOME, POOR])
    with seeded.engine.begin() as connection:
        turn(connection, 100, date(2026, 3, 2))
        close(connection, 101, "education", "school_absence", shape="increment")
        numbers = iter(range(102, 200))
        days = [date(2026, 3, 4), date(2026, 4, 3), date(2026, 5, 6), date(2026, 6, 4)]
        for day, rows, empty in zip(days, (300, 300, 300, 200), (1, 1, 1, 60), strict=True):
            turn(connection, next(numbers), day)
            close(connection, next(numbers), "rural_affairs", "household", received=rows, empty={"饮水安全": empty})
    yield seeded
    seeded.engine.dispose()


def test_the_api_says_how_every_feed_stands_and_how_many_alerts_read_a_silent_one(county: Seeded) -> None:
    with client(county.app, key=KEY) as asked:
        feeds = {one["type"]: one for one in asked.get("/api/v1/feeds").json()["counties"][COUNTY]}
    absence, household = feeds["education.school_absence.v1"], feeds["rural_affairs.household.v1"]
    said = {
        name: absence[name] for name in ("state", "last", "due", "overdue_working_days", "says", "alerts_without_it")
    }
    assert said == {
        "state": "silent", "last": "2026-03-02", "due": "2026-04-06", "overdue_working_days": 50, "says": ABSENCE,
        "alerts_without_it": 1,
    }  # fmt: skip
    assert (household["state"], household["rows"], household["change"]) == ("ok", 200, -0.3333)
    assert (household["unusual"], household["emptying"]) == (True, ["饮水安全"])
    assert (feeds["health.hospital_stay.v1"]["state"], feeds["health.hospital_stay.v1"]["last"]) == ("silent", None)


def test_the_page_names_the_silent_with_their_liaison_and_what_was_judged_without_them(county: Seeded) -> None:
    page = signed_in(county).get("/feeds").text
    assert f"{ABSENCE}，有 1 条预警读它，只能按已有数据判断" in page
    assert LIAISONS["education"] in page
    assert 'href="/?feed=education.school_absence.v1"' in page
    assert "饮水安全 空得比以往多" in page
    assert "<script" not in page


def test_the_filters_are_addresses_and_their_counts_add_up(county: Seeded) -> None:
    browser = signed_in(county)
    rows = [
        browser.get(f"/feeds?state={state}").text.count('class="feed-name"')
        for state in ("ok", "late", "silent", "never")
    ]
    assert sum(rows) == browser.get("/feeds").text.count('class="feed-name"')
    assert "没有这样的数据" in browser.get("/feeds?state=late").text
    assert browser.get("/feeds?state=<b>").status_code == 200


def test_beside_a_judgement_that_read_a_silent_feed_it_says_so_and_beside_others_not(county: Seeded) -> None:
    browser = signed_in(county)
    queue = browser.get("/").text
    assert queue.count(ABSENCE) == 1  # the one alert that reads it
    home, poor = (browser.get(f"/households/{one.ref}").text for one in (HOME, POOR))
    assert f"{ABSENCE}，这一条只能按已有数据判断" in home
    assert f"<b>{ABSENCE}</b>：本该由它发现的，现在发现不了" in poor


def test_the_queue_can_be_narrowed_to_what_reads_a_feed(county: Seeded) -> None:
    browser = signed_in(county)
    page = browser.get("/?feed=rural_affairs.household.v1").text
    assert POOR.ref in page
    assert HOME.ref not in page
    assert "feed=rural_affairs.household.v1" in browser.get("/?feed=rural_affairs.household.v1&size=50").text


def test_what_comes_after_the_page_was_shown_is_on_it_the_next_time(county: Seeded) -> None:
    browser = signed_in(county)
    assert ABSENCE in browser.get("/feeds").text
    with county.engine.begin() as connection:
        turn(connection, 300, date(2026, 6, 15))
        close(connection, 301, "education", "school_absence", received=0, shape="increment")  # 零报告
        connection.exec_driver_sql("UPDATE ledger SET version = version + 1")
    assert ABSENCE not in browser.get("/feeds").text


def test_the_metrics_say_the_same(county: Seeded) -> None:
    with client(county.app) as asked:
        text = asked.get("/metrics").text
    where = f'county="{COUNTY}",feed="education.school_absence"'
    assert f"shouwang_feed_silent{{{where}}} 1.0" in text
    assert f"shouwang_feed_overdue_days{{{where}}} 50.0" in text
    assert f'shouwang_feed_unusual{{county="{COUNTY}",feed="rural_affairs.household"}} 1.0' in text
    assert f'shouwang_alerts_standing{{county="{COUNTY}",level="red"}} 1.0' in text


def test_a_rule_reads_what_its_signals_read() -> None:
    titles = Titles.of(load_rulebook(Path("services/alerts/rulebook")))
    assert set(titles.reads) == set(titles.rules)
    assert "education.school_absence.v1" in titles.reads["schooling_after_income_loss"]
    assert "human_resources.unemployment.v1" in titles.reads["schooling_after_income_loss"]
    assert not titles.workdays.works(date(2026, 10, 1))
