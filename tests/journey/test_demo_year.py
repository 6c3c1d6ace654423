"""A pretend county's year through the real doors: the stories are told, receipts add up, repeats change nothing."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shouwang.cli.day import settle
from shouwang.cli.push import send
from shouwang.cli.reach import Place, Reach, reaching
from shouwang.demo.calendar import pretend
from shouwang.demo.page import COUNTS
from shouwang.demo.play import Played, run
from shouwang.standalone.installation import Installation
from shouwang.standalone.serve import Standalone
from tests.oracle import differences, standing_alerts

pytestmark = pytest.mark.xdist_group("demo")


@dataclass
class Year:
    """A played year in a running instance."""

    played: Played
    reach: Reach

    def lines(self, what: str, **parameters: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.reach.lines(self.reach.api(what), **parameters)]


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Year]:
    folder = tmp_path_factory.mktemp("demo") / "var"
    with Standalone(Installation(folder), port=0, quiet=True) as standalone:
        played = run(standalone, pretend(seed=7, households=60))
        with reaching(Place.of(folder)) as reach:
            yield Year(played, reach)


def test_every_receipt_adds_up(year: Year) -> None:
    done = [one.receipt for one in year.played.delivered if one.receipt["state"] == "done"]
    assert len(done) > 100
    assert all(r["received"] == sum(r[name] for name in COUNTS if name != "received") for r in done)


def test_what_was_to_be_held_was_held_and_what_was_to_be_refused_refused(year: Year) -> None:
    held = {one.sending.trouble for one in year.played.delivered if one.held}
    refused = {one.sending.trouble for one in year.played.delivered if one.receipt["state"] == "refused"}
    assert held == {"半份名单", "元误作万元", "缺一列，县级确认"}
    assert refused == {"半份名单", "元误作万元", "身份证号一列被改名，整份退回"}


def test_a_repeat_and_an_export_again_change_nothing(year: Year) -> None:
    again = [one.receipt for one in year.played.delivered if one.sending.trouble in ("重复报送", "同一名单再次导出")]
    assert len(again) == 6
    assert all(r["received"] == r["duplicate"] + r["unchanged"] for r in again)


def test_the_first_story_ends_with_three_bureaus_in_red(year: Year) -> None:
    story = year.played.stories[0]
    assert "提出预警〔红〕" in story
    assert "2026年3月2日失业" in story
    assert "现有 6 条预警" in story  # illness_and_income among them: the bill and the lost job


def test_the_second_story_rises_falls_with_the_correction_and_lapses(year: Year) -> None:
    story = year.played.stories[1]
    turns = ("升为〔橙〕", "升为〔红〕", "26,400", "事实已更正，预警自动撤下", "降为〔黄〕")
    places = [story.index(said) for said in turns]
    assert places == sorted(places)
    assert "现有 1 条预警" in story


def test_the_third_story_waits_for_the_roster_and_is_not_lost_to_an_unreadable_row(year: Year) -> None:
    story = year.played.stories[2]
    places = [story.index(said) for said in ("待关联", "民政局报来户成员名册", "提出预警〔红〕", "行读不出", "存疑")]
    assert places == sorted(places)
    assert "现有 1 条预警" in story


def test_standing_alerts_are_those_of_the_plain_recomputation(year: Year) -> None:
    expected = standing_alerts(year.lines("words"), year.played.plan.end)
    assert len(expected) >= 6
    assert differences(expected, year.lines("alerts", suppressed="true")) == []


def test_the_page_lists_every_alert_with_its_reasons(year: Year) -> None:
    page = year.played.page.read_text(encoding="utf-8")
    for alert in year.lines("alerts"):
        assert all(signal["says"] in page for signal in alert["signals"])
    assert not any(person.number in page for story in year.played.plan.stories for person in story.home.people)


def test_no_evidence_is_left_unsaid(year: Year) -> None:
    assert not any("未填" in signal["says"] for alert in year.lines("alerts") for signal in alert["signals"])
    assert "未填" not in "".join(year.played.stories)


def test_the_same_files_again_are_all_duplicates(year: Year, tmp_path: Path) -> None:
    before, words = year.lines("alerts"), len(year.lines("words"))
    for one in year.played.delivered:
        if one.receipt["state"] == "done":
            sending = one.sending
            as_of = sending.as_of.isoformat() if sending.told else ""
            receipt = send(year.reach, sending.department, sending.feed, sending.name, sending.content, as_of=as_of)
            assert receipt["state"] == "done"
            assert receipt["duplicate"] == receipt["received"], (sending.name, receipt)
    settle(year.reach, year.played.plan.county)
    assert year.lines("alerts") == before
    said = [word for word in year.lines("words")[words:] if not word["type"].endswith(".sending.v1")]
    assert said == []
