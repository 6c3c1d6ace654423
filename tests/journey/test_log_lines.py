"""A10: one canonical line per unit of work in every stage, JSON whatever is sent, with listed fields only."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import structlog
from prometheus_client import CollectorRegistry

from shouwang.kit import observe
from shouwang.kit.metrics import Metrics
from shouwang.kit.observe import FIELDS
from tests.doors import Office
from tests.histories import SETTLED, topics_of
from tests.stores import empty_sqlite, stages

FORGED = '张小明\r\n{"event":"forged"}\x1b[31m\u2028\u0085'
CHILD = {"姓名": FORGED, "身份证号": "11010519491231002X", "台账编号": "T1", "状态": "疑似辍学", "学校": FORGED}
STAGES = {"receive", "translate", "publish", "apply", "judge"}


@pytest.fixture
def logged() -> Iterator[None]:
    """Lines go where they go in a process."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    observe.configure("test")
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.mark.usefixtures("logged")
def test_a10_every_stage_says_its_work_in_valid_lines_without_anything_of_people(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office = Office(tmp_path, "education")
    office.settled(office.records("school_absence", [CHILD, {"身份证号": FORGED}]))
    office.published()
    office.bureau.get(f"/v1/receipts/{quote(FORGED)}")
    office.bureau.get("/nowhere/张小明")
    office.close()
    topics = topics_of(SETTLED)
    with empty_sqlite() as store:
        worker = stages(store, metrics=Metrics(CollectorRegistry()))
        for name in ("civil_affairs", "rural_affairs"):
            worker.process(topics.batch(f"shouwang.{name}.facts", 0, 100))
    text = capsys.readouterr().err
    assert not any(ord(character) < 32 and character != "\n" for character in text)
    assert not set(text) & {"\x7f", "\x85", "\u2028", "\u2029", "\x1b"}
    lines = [json.loads(line) for line in text.split("\n") if line]
    assert {line["stage"] for line in lines} >= STAGES - {"judge"}
    assert sum(line.get("judged", 0) for line in lines) > 0
    assert all(set(line) <= FIELDS for line in lines)
    assert all(isinstance(line["ms"], float) for line in lines if line["stage"] in STAGES and line["level"] == "info")
    assert "张小明" not in text
    assert "11010519491231002X" not in text
    assert {line.get("route") for line in lines} >= {"/v1/receipts/{receipt}", "(no route)"}
