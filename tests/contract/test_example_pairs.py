"""Each example row of a department becomes the word of the same name under contracts/examples."""

import importlib
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from contracts.catalogue import DEPARTMENTS, FACTS
from contracts.envelope import decode, encode, make
from contracts.vocabulary import Shape
from shouwang.kit.adapter.declaration import Feed
from shouwang.kit.adapter.memory import MemoryView
from shouwang.kit.adapter.table import Delivery, Table
from shouwang.kit.adapter.translate import read_sheet
from shouwang.kit.identity import Identity

TOP = Path(__file__).parents[2]
ROWS = sorted((TOP / "services").glob("*/examples/*/*.json"))
WORDS = sorted((TOP / "contracts" / "examples").glob("*.v1/*.json"))
COUNTY, DAY = "532927", date(2026, 7, 1)
RECEIVED = datetime(2026, 7, 1, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
IDENTITY = Identity(b"the key of the examples, and of nothing else")


def feed_of(row: Path) -> Feed:
    department, feed = row.parts[-4], row.parts[-2]
    made: Feed = importlib.import_module(f"services.{department}.adapter").adapter.feeds[feed]
    return made


def twin_of(row: Path) -> Path:
    return TOP / "contracts" / "examples" / feed_of(row).type / row.name


def word_of(row: Path) -> dict[str, Any]:
    """The word that one row, sent as an increment into an empty register, becomes on its topic."""
    feed, record = feed_of(row), json.loads(row.read_text(encoding="utf-8"))
    delivery = Delivery(COUNTY, DAY, RECEIVED, IDENTITY, Shape.INCREMENT)
    reading = read_sheet(feed, Table([(0, list(record)), (1, list(record.values()))]), delivery)
    outcome = MemoryView(feed.type).take(reading.sending("example", delivery))
    assert not outcome.troubles
    (change,) = outcome.changes
    envelope = make(
        county=COUNTY,
        type_=feed.type,
        subject=change.subject,
        key=change.key,
        op=change.op,
        as_of=change.as_of,
        stated_at=change.stated_at,
        line=change.line,
        sending="example",
        seq=1,
        data=feed.fact.model_validate_json(change.content),
    )
    word: dict[str, Any] = json.loads(encode(envelope))
    return word


@pytest.mark.parametrize("row", ROWS, ids=lambda row: "/".join(row.parts[-4:]))
def test_a_row_becomes_its_word(row: Path) -> None:
    assert word_of(row) == json.loads(twin_of(row).read_text(encoding="utf-8"))


@pytest.mark.parametrize("word", WORDS, ids=lambda word: "/".join(word.parts[-2:]))
def test_a_word_can_be_read_and_names_nobody(word: Path) -> None:
    text = word.read_text(encoding="utf-8")
    envelope = decode(text.encode())
    assert envelope.type == word.parent.name
    folder = TOP / "services" / envelope.department / "examples" / FACTS[envelope.type].meta.feed
    record = json.loads((folder / word.name).read_text(encoding="utf-8"))
    for column in ("姓名", "身份证号", "证件号码", "户主姓名", "住址", "联系电话", "户编号"):
        assert record.get(column, "nobody") not in text


def test_every_row_has_a_word_and_every_word_a_row() -> None:
    assert {twin_of(row) for row in ROWS} == set(WORDS)


@pytest.mark.parametrize("department", DEPARTMENTS)
def test_every_feed_has_an_example_row(department: str) -> None:
    feeds = importlib.import_module(f"services.{department}.adapter").adapter.feeds
    assert {row.parts[-2] for row in ROWS if row.parts[-4] == department} == set(feeds)
