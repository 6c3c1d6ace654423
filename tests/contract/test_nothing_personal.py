"""Whatever a bureau writes into any column of any feed: names, numbers and phones do not travel, in no form."""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from contracts.catalogue import DEPARTMENTS
from contracts.vocabulary import Shape
from shouwang.kit.adapter.columns import Aside, Code, Column, Diagnosis, Several, Text, TextOrNone
from shouwang.kit.adapter.declaration import Feed
from shouwang.kit.adapter.table import Delivery, Table
from shouwang.kit.adapter.translate import read_sheet
from tests.contract.test_example_pairs import COUNTY, DAY, IDENTITY, RECEIVED, ROWS, feed_of
from tests.security.canary import forms

NAME, PHONE, ADDRESS = "欧阳金丝雀", "13877776666", "金丝雀巷七十七号"
NUMBERS = {"身份证号": "532927197806212034", "户编号": "HH-CANARY-0077"}
WRITTEN = (Text, Code, Diagnosis, Several, TextOrNone, Aside)


def spoilt(feed: Feed, row: dict[str, Any]) -> dict[str, Any]:
    """The row with a canary in every place a person could put one."""
    columns = feed.record.columns()
    aliases = {alias: name for name, column in columns.items() for alias in column.names}
    cells = {aliases[name]: value for name, value in row.items()}
    cells |= {name: number for name, number in NUMBERS.items() if name in columns}
    cells |= {name: f"找{NUMBERS['身份证号']}本人" for name, column in columns.items() if _free(column)}
    named = dict.fromkeys(("姓名", "户主姓名", "联系人", "家长姓名"), NAME)
    return cells | named | {"联系电话": PHONE, "手机": PHONE, "住址": ADDRESS, "备注": f"{NAME}{PHONE}{ADDRESS}"}


def _free(column: Column[Any]) -> bool:
    return isinstance(column, WRITTEN) and column.name not in ("姓名", "户主姓名")


@pytest.mark.parametrize("path", ROWS, ids=lambda path: "/".join(path.parts[-4:]))
def test_no_row_says_who_it_is_about_in_any_form(path: Path) -> None:
    feed = feed_of(path)
    cells = spoilt(feed, json.loads(path.read_text(encoding="utf-8")))
    table = Table([(0, list(cells)), (1, list(cells.values()))])
    reading = read_sheet(feed, table, Delivery(COUNTY, DAY, RECEIVED, IDENTITY, Shape.INCREMENT))
    (row,) = reading.rows
    assert row.trouble is None
    leaving = repr((row, reading.warnings, reading.refused)).encode()
    for canary in (NAME, PHONE, ADDRESS, *NUMBERS.values()):
        for form, text in forms(canary).items():
            assert text not in leaving, f"{canary} as {form}"


@pytest.mark.parametrize("department", DEPARTMENTS)
def test_every_feed_is_tried(department: str) -> None:
    feeds = importlib.import_module(f"services.{department}.adapter").adapter.feeds
    assert {path.parts[-2] for path in ROWS if path.parts[-4] == department} == set(feeds)
