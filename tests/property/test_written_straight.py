"""What is written straight from rows is what the models would write; what is read by table, what the library reads."""

import base64
import hmac
from datetime import date, datetime
from decimal import Decimal
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.catalogue import DEPARTMENTS
from contracts.envelope import Writer, base32_26, encode, make
from contracts.health import SelfPaidYear
from contracts.vocabulary import Op
from shouwang.kit.adapter.amounts import amount_of, reader
from shouwang.kit.adapter.cells import person_of, person_reader
from shouwang.kit.adapter.columns import (
    Amount,
    AnyDate,
    Choice,
    ChoiceElse,
    Column,
    Count,
    Home,
    HouseholdNumber,
    Moment,
    Month,
    OpenDate,
    Person,
    PersonNumber,
    SchoolYear,
    Year,
)  # fmt: skip
from shouwang.kit.adapter.declaration import Feed
from shouwang.kit.adapter.drafting import content_of
from shouwang.kit.adapter.reasons import Unreadable
from shouwang.kit.identity import Identity

ZONE = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 6, 15)
FEEDS = [feed for name in DEPARTMENTS for feed in import_module(f"services.{name}.adapter").adapter.feeds.values()]

DAYS = st.dates(date(1900, 1, 1), date(2100, 1, 1))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
AMOUNTS = (
    st.decimals(0, 10**11, places=2) | st.decimals(0, 10, places=6) | st.sampled_from([Decimal("0.10"), Decimal(0)])
)
REF = "a" * 26


def values(column: Column[Any]) -> st.SearchStrategy[Any]:
    """What a column may have read; now and then what a contract refuses."""
    if isinstance(column, PersonNumber):
        return st.just(Person("p1" + REF, "2014-05", "女"))
    if isinstance(column, HouseholdNumber):
        return st.just(Home("h1" + REF, "0" * 64))
    if isinstance(column, Amount):
        return st.none() | AMOUNTS
    if isinstance(column, Count):
        return st.none() | st.integers(0, 5000)
    if isinstance(column, OpenDate):
        return DAYS | st.just("无")
    if isinstance(column, AnyDate):
        return st.none() | DAYS
    if isinstance(column, Choice | ChoiceElse):
        return st.sampled_from(column.choices)
    if isinstance(column, Moment):
        return st.none()
    if isinstance(column, Year):
        return st.sampled_from(["2025", "2026"])
    if isinstance(column, Month):
        return st.sampled_from(["2026-04", "2026-05"])
    if isinstance(column, SchoolYear):
        return st.just("2025-2026")
    return st.none() | TEXTS | st.sampled_from(["532927001001", "一村"])


def said(make_content: Any, record: Any) -> str:
    try:
        return str(make_content(record))
    except ValidationError as refused:
        return f"refused: {refused.errors()[0]['loc'][0]}"
    except (AssertionError, AttributeError) as missing:  # the feed's function itself asks for a column it needs
        return type(missing).__name__


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.type)
def test_content_straight_from_a_row_is_the_models_canonical_json(feed: Feed) -> None:
    straight = content_of(feed.state, feed.fact)
    strategy = st.fixed_dictionaries({name: values(column) for name, column in feed.record.columns().items()})

    @given(strategy)
    @settings(max_examples=60, deadline=None)
    def same(row: dict[str, Any]) -> None:
        record = feed.record()
        record.__dict__.update(row)
        assert said(straight, record) == said(lambda one: feed.state(one).content(), record)

    same()


def test_it_is_written_straight_for_every_feed_and_not_by_the_model() -> None:
    assert FEEDS
    assert [feed.type for feed in FEEDS if content_of(feed.state, feed.fact).__name__ == "<lambda>"] == []


KEYS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(KEYS, st.sampled_from(list(Op)), DAYS, st.datetimes(datetime(1992, 1, 1), datetime(2090, 1, 1)),
       st.integers(0, 2**31 - 1), st.integers(1, 2**53), AMOUNTS)  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_a_word_written_straight_is_the_envelopes_bytes(
    key: str, op: Op, day: date, moment: datetime, line: int, seq: int, amount: Decimal
) -> None:
    stated_at = moment.replace(tzinfo=ZONE)
    fact = SelfPaidYear(年度="2026", 个人自付=amount) if op.says_so else None
    made = make(
        county="532927", type_=SelfPaidYear.meta.type, subject="p1" + REF, key=key, op=op, as_of=day,
        stated_at=stated_at, line=line, sending="20260615-abc", seq=seq, data=fact,
    )  # fmt: skip
    straight = Writer("532927", SelfPaidYear.meta.type, "20260615-abc").write(
        seq, "p1" + REF, key, op, day.isoformat(), stated_at.isoformat(), line, made.id, fact.content() if fact else ""
    )
    assert straight == encode(made)


def read_by(read: Any, cell: Any) -> Any:
    try:
        return read(cell)
    except Unreadable as unreadable:
        return unreadable.reason, unreadable.kind


@given(
    st.from_regex(r"5329[0-9]{2}(19|20)[0-9]{2}(0[0-9]|1[0-3])[0-3][0-9][0-9]{3}[0-9Xx]", fullmatch=True),
    st.sampled_from(["", "'", " ", "x"]), st.booleans(),
)  # fmt: skip
@settings(max_examples=500, deadline=None)
def test_an_id_number_read_by_table_is_what_the_library_reads(number: str, before: str, right: bool) -> None:
    digits = number[:17]
    if right:
        number = digits + "10X98765432"[sum(int(d) * 2 ** (17 - at) for at, d in enumerate(digits)) % 11]
    for cell in (number, before + number, number[:-1]):
        assert read_by(person_reader(TODAY, ()), cell) == read_by(lambda one: person_of(one, TODAY, ()), cell)


@given(
    st.floats(allow_nan=False) | st.decimals(allow_nan=False).map(str) | TEXTS | AMOUNTS.map(str),
    st.sampled_from([1, 10_000]),
)
@settings(max_examples=500, deadline=None)
def test_an_amount_plainly_written_is_read_as_any_other(cell: Any, unit: int) -> None:
    assert read_by(reader(unit), cell) == read_by(lambda one: amount_of(one, unit), cell)


@given(st.binary(min_size=32, max_size=80), TEXTS)
def test_a_pseudonym_is_an_hmac_in_base32(key: bytes, text: str) -> None:
    wanted = base32_26(hmac.digest(key, b"digest" + text.encode(), "sha256"))
    assert Identity(key).digest(text) == wanted
    assert base64.b32encode(hmac.digest(key, b"digest" + text.encode(), "sha256")).decode().lower()[:26] == wanted
