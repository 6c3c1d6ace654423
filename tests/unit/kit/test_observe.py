"""Log lines: JSON, only listed fields, one line whatever is put into it."""

import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from shouwang.kit import observe
from shouwang.kit.observe import LONGEST, only_listed


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Any]:
    """What was logged, parsed."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    observe.configure("test")
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def test_a_unit_of_work_is_one_line_with_its_counts_and_milliseconds(lines: Any) -> None:
    with observe.unit("apply", topic="health", words=2000) as counts:
        counts["changed"] = 412
    (line,) = lines()
    assert {name: line[name] for name in ("event", "stage", "topic", "words", "changed", "service")} == {
        "event": "apply", "stage": "apply", "topic": "health", "words": 2000, "changed": 412, "service": "test",
    }  # fmt: skip
    assert line["ms"] >= 0


def test_a_unit_that_fails_says_so_without_the_text_of_the_failure(lines: Any) -> None:
    with pytest.raises(ValueError, match="张小明"), observe.unit("apply"):
        raise ValueError("张小明")
    (line,) = lines()
    assert (line["level"], line["error"]) == ("error", "ValueError")
    assert "张小明" not in json.dumps(line, ensure_ascii=False)


def test_a_field_that_is_not_listed_is_dropped(lines: Any) -> None:
    observe.get_logger(stage="receive").info("taken", name="张小明", row={"姓名": "张小明"}, rows=3)
    (line,) = lines()
    assert set(line) == {"event", "stage", "rows", "service", "level", "at"}


def test_a_librarys_text_is_kept_only_where_it_holds_no_data(lines: Any) -> None:
    logging.getLogger("some.library").warning("row %s", "张小明")
    logging.getLogger("kafka.conn").warning("broker away")
    unknown, known = lines()
    assert (unknown["library"], "reason" in unknown) == ("some.library", False)
    assert known["reason"] == "broker away"


@given(st.text())
def test_no_text_can_break_or_forge_a_line(text: str) -> None:
    line = only_listed(None, "", {"event": text, "reason": text})
    assert len(line["reason"]) <= LONGEST
    assert len((json.dumps(line, ensure_ascii=False) + "\n").splitlines()) == 1


def test_lines_go_to_standard_error_only(lines: Any, capsys: pytest.CaptureFixture[str]) -> None:
    observe.get_logger().info("said")
    print("document", file=sys.stdout)
    assert capsys.readouterr().out == "document\n"
