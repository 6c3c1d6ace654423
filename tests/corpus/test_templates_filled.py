"""A template filled in as it is meant to be is taken as it is, for every feed of every department."""

import json
import re
from datetime import date, datetime, time
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from contracts.catalogue import TITLES
from shouwang.kit.adapter.columns import AnyDate
from shouwang.kit.adapter.declaration import Feed
from shouwang.kit.adapter.templates import template
from shouwang.kit.clock import SHANGHAI, FixedClock
from tests.doors import Office, adapter_of

EXAMPLES = Path(__file__).parents[2] / "services"
FEEDS = [(department, feed) for department in TITLES for feed in adapter_of(department).feeds]


def example(department: str, feed: Feed) -> dict[str, str]:
    """The department's own example row, by the template's names of the columns."""
    file = min((EXAMPLES / department / "examples" / feed.name).glob("*.json"))
    said: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    names = {alias: column.name for column in feed.record.columns().values() for alias in column.names}
    return {names[name]: value for name, value in said.items() if name in names}


def filled(content: bytes, row: dict[str, str], feed: Feed, *, days: bool) -> bytes:
    """The template with this row under its heading; with `days`, dates as a spreadsheet keeps typed ones."""
    book = openpyxl.load_workbook(BytesIO(content))
    sheet = book.worksheets[0]
    columns = feed.record.columns()
    for place, heading in enumerate(sheet[1], start=1):
        value: Any = row.get(str(heading.value))
        if days and isinstance(columns[str(heading.value)], AnyDate) and re.fullmatch(r"\d{4}-\d\d-\d\d", value or ""):
            value = datetime.combine(date.fromisoformat(value), time())
        if value is not None:
            sheet.cell(2, place).value = value
    out = BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("days", [False, True], ids=["texts", "days"])
@pytest.mark.parametrize("department", TITLES)
def test_a_template_filled_for_every_feed_is_taken_as_it_is(tmp_path: Path, department: str, days: bool) -> None:
    office = Office(tmp_path, department, clock=FixedClock(datetime(2026, 12, 31, 9, tzinfo=SHANGHAI)))
    for name, feed in office.door.adapter.feeds.items():
        content = office.bureau.get(f"/v1/feeds/{name}/template.xlsx").content
        row = example(department, feed)
        receipt = office.settled(office.file(name, "填好.xlsx", filled(content, row, feed, days=days)))
        assert (receipt["state"], receipt["received"], receipt["rejected"]) == ("done", 1, 0), receipt
        assert (receipt["columns_dropped"], receipt["skipped"]) == ([], 0)
    office.close()


@pytest.mark.parametrize(("department", "name"), FEEDS)
def test_a_template_checks_what_is_typed_and_says_so_in_chinese(department: str, name: str) -> None:
    feed = adapter_of(department).feeds[name]
    book = openpyxl.load_workbook(BytesIO(template(feed)))
    sheet = book.worksheets[0]
    assert sheet.freeze_panes == "A2"
    assert sheet.max_row == 1, "no example stands among the rows"
    assert book.sheetnames[1] == "填表说明"
    rules = {str(rule.sqref).split(":", maxsplit=1)[0]: rule for rule in sheet.data_validations.dataValidation}
    for rule in rules.values():
        assert rule.errorTitle.startswith("请")
        assert any("\u4e00" <= char <= "\u9fff" for char in rule.error)
    checked = {str(sheet[f"{cell[:-1]}1"].value): rule.type for cell, rule in rules.items()}
    assert checked["数据日期"] == "date"
    assert checked["操作"] == "list"
    assert checked[feed.record.subject_column] == "textLength"


def test_a_template_sent_back_empty_is_no_data_and_no_example_is_taken_for_a_person(tmp_path: Path) -> None:
    office = Office(tmp_path, "civil_affairs")
    content = office.bureau.get("/v1/feeds/household_member/template.xlsx").content
    receipt = office.settled(office.file("household_member", "空.xlsx", content))
    assert (receipt["state"], receipt["received"], receipt["rows"][0]["reason"]) == ("refused", 0, "nothing_readable")
    assert not office.vault.people
    office.close()
