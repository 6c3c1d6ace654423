"""The table of docs/feeds.md and what the departments declare are the same: columns, aliases, closed lists, kinds."""

import importlib
import re
from pathlib import Path
from typing import NamedTuple, get_args

import pytest

from contracts import education
from contracts.catalogue import FACTS
from contracts.vocabulary import Shape
from shouwang.kit.adapter.columns import AnyDate, Choice, ChoiceElse, ChoiceOrNone, Column, Month, OpenDate
from shouwang.kit.adapter.declaration import Feed

TABLE = Path(__file__).parents[2] / "docs" / "feeds.md"
ROW = re.compile(r"^\| `([a-z_.0-9]+)` \| (.+?) \| (\w+) · (.+?) \| (.+) \| (.+) \|$")
NOT_AHEAD = ("入院", "出院", "确诊", "发现", "失业", "登记", "起始", "开始", "识别", "消除", "生效", "残疾评定")
"""Of these words docs/feeds.md says that their day may not lie after `as_of`; 评定 is 残疾评定日期."""
BESIDE = {
    "education.school_absence.v1": {"台账编号"},
    "health.hospital_stay.v1": {"结算单号"},
    "civil_affairs.allowance.v1": {"类别"},
    "human_resources.unemployment.v1": {"登记编号"},
    "rural_affairs.village_event.v1": {"事件编号"},
    "rural_affairs.household.v1": {"村民小组", "住址", "联系电话"},
}
"""Columns that the table names as a key only, and those that the sentence under it adds."""


LIKE: dict[str, dict[str, tuple[str, ...]]] = {
    "education.school_absence.v1": {"学段": get_args(education.Stage)},
    "rural_affairs.household.v1": {"是否唯一住房": ("是", "否")},
}
"""Lists that the table gives once, for another column."""


class Line(NamedTuple):
    """A row of the table."""

    title: str
    subject: str
    key: str
    columns: dict[str, tuple[str, ...]]
    """Name to aliases."""
    choices: dict[str, tuple[str, ...]]
    """Name to its closed list."""
    rhythm: str


def line(title: str, subject: str, key: str, columns: str, rhythm: str) -> Line:
    names: dict[str, tuple[str, ...]] = {}
    choices: dict[str, tuple[str, ...]] = {}
    for column in columns.replace("风险1…风险5", "风险1 ｜ 风险2 ｜ 风险3 ｜ 风险4 ｜ 风险5").split("｜"):
        spelt, _, words = column.partition("(")
        name, *aliases = (one.strip() for one in spelt.split("\\|"))
        names[name] = tuple(aliases)
        listed = tuple(re.split(r"[ /]+", words.strip(" )")))
        if words and len(listed) > 1 and "digits" not in listed and not words.startswith("、"):
            choices[name] = listed
        if words.startswith(("A–D", "1–4")):
            choices[name] = tuple("ABCD" if words[0] == "A" else "1234")
    return Line(title, subject, key, names, choices, rhythm)


LINES = {
    found[1]: line(*found.groups()[1:]) for found in map(ROW.match, TABLE.read_text("utf-8").splitlines()) if found
}


def feed_of(type_: str) -> Feed:
    department, name, _ = type_.split(".")
    feed: Feed = importlib.import_module(f"services.{department}.adapter").adapter.feeds[name]
    return feed


def columns_of(type_: str) -> dict[str, Column[object]]:
    columns = feed_of(type_).record.columns()
    general = {"姓名", "身份证号", "数据日期", "操作", "报送时间"}
    return {name: column for name, column in columns.items() if name not in general}


def test_every_fact_has_its_row_in_the_table() -> None:
    assert len(LINES) >= 18
    assert LINES.keys() == FACTS.keys()


@pytest.mark.parametrize("type_", LINES)
def test_a_feed_is_called_as_the_table_calls_it(type_: str) -> None:
    said, meta = LINES[type_], FACTS[type_].meta
    assert (meta.title, meta.subject) == (said.title, said.subject)
    assert bool(meta.key) == (said.key != "–")
    assert (meta.shape is Shape.LIST) == ("list" in said.rhythm)
    assert ("by 5th" in said.rhythm) <= (meta.rhythm.by == 5)
    assert meta.rhythm.at_once == ("at once" in said.rhythm or said.rhythm == "increments")


@pytest.mark.parametrize("type_", LINES)
def test_a_feed_has_the_columns_and_aliases_of_the_table_and_no_others(type_: str) -> None:
    there = {name: column.aliases for name, column in columns_of(type_).items()}
    assert there == LINES[type_].columns | dict.fromkeys(BESIDE.get(type_, set()) - LINES[type_].columns.keys(), ())


@pytest.mark.parametrize("type_", LINES)
def test_closed_lists_are_the_tables(type_: str) -> None:
    closed = {
        name: set(column.choices) - {"无"}
        for name, column in columns_of(type_).items()
        if isinstance(column, Choice | ChoiceElse | ChoiceOrNone)
    }
    assert closed == {name: set(words) for name, words in (LIKE.get(type_, {}) | LINES[type_].choices).items()}


@pytest.mark.parametrize("type_", LINES)
def test_only_last_days_may_lie_ahead(type_: str) -> None:
    dated = {name: one for name, one in columns_of(type_).items() if isinstance(one, AnyDate | OpenDate | Month)}
    for name, column in dated.items():
        assert column.past or not (name.startswith(NOT_AHEAD) or isinstance(column, Month)), name
    assert {name for name, column in dated.items() if not column.past} <= {"终止日期", "结束日期"}
