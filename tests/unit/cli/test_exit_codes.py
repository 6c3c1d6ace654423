"""Every command ends with the code docs/feeds.md promises, and says one sentence to the person at the desk."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from contracts.catalogue import DEPARTMENTS
from shouwang.cli.commands import app
from tests.unit.cli.scripted import Answers, scripted

DOOR = "/departments/health/v1"
FILES, RECEIPT = f"{DOOR}/feeds/self_paid_year/files", f"{DOOR}/receipts/r1"
COUNTS = {"received": 3, "accepted": 3, "unchanged": 0, "superseded": 0, "duplicate": 0, "rejected": 0}


def run(*words: str) -> tuple[int, str, str]:
    ended = CliRunner().invoke(app, words)
    return ended.exit_code, ended.stdout, ended.stderr


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "年度累计自付.csv"
    made.write_text("姓名,身份证号\n", encoding="utf-8")
    return made


def pushed(tmp_path: Path, file: Path, answers: Answers, *more: str) -> tuple[int, str, str]:
    with scripted(answers, tmp_path):
        return run("push", "health", "self_paid_year", str(file), "--data", str(tmp_path), *more)


def receipt(state: str, **more: Any) -> dict[str, Any]:
    return {"receipt": "r1", "state": state, "department": "health", "feed": "self_paid_year", **COUNTS, **more}


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (receipt("done"), 0),
        (receipt("done", accepted=2, rejected=1, rows=[{"line": 2, "column": "身份证号", "reason": "id_invalid"}]), 1),
        (receipt("held", held_because="少了一半"), 3),
        (receipt("refused", rows=[{"line": None, "reason": "column_missing", "hint": "缺身份证号"}]), 4),
    ],
)
def test_push_ends_as_its_receipt_ends(tmp_path: Path, file: Path, said: dict[str, Any], code: int) -> None:
    answers: Answers = {
        ("POST", FILES): (202, {"receipt": "r1"}),
        ("GET", RECEIPT): [(200, receipt("working")), (200, said)],
    }
    ended, out, _ = pushed(tmp_path, file, answers, "--json")
    assert ended == code
    assert json.loads(out) == said


def test_a_person_reads_why_a_row_came_back(tmp_path: Path, file: Path) -> None:
    row = {"line": 7, "column": "身份证号", "reason": "id_damaged", "hint": "请将该列设为文本"}
    answers = {
        ("POST", FILES): (202, {"receipt": "r1"}),
        ("GET", RECEIPT): (200, receipt("done", rejected=1, rows=[row])),
    }
    _, out, _ = pushed(tmp_path, file, answers)
    assert "第7行 身份证号：请将该列设为文本" in out


@pytest.mark.parametrize("status", [413, 415, 422])
def test_a_file_refused_at_the_door_is_a_refused_receipt(tmp_path: Path, file: Path, status: int) -> None:
    problem = {"title": "文件无法读取", "detail": "请另存为 xlsx", "code": "file_kind", "trace_id": "abc"}
    ended, out, _ = pushed(tmp_path, file, {("POST", FILES): (status, problem)}, "--json")
    said = json.loads(out)
    assert ended == 4
    assert said["state"] == "refused"
    assert said["rows"][0]["reason"] == "file_kind"
    assert "请另存为 xlsx" in said["rows"][0]["hint"]


def test_a_wrong_key_is_refused_with_the_services_own_sentence(tmp_path: Path, file: Path) -> None:
    problem = {"title": "密钥无效", "detail": "请核对", "trace_id": "abc"}
    ended, _, err = pushed(tmp_path, file, {("POST", FILES): (401, problem)})
    assert ended == 4
    assert "密钥无效：请核对（追踪号 abc）" in err


def test_as_of_shape_and_key_travel_with_the_file(tmp_path: Path, file: Path) -> None:
    answers = {("POST", FILES): (202, {"receipt": "r1"}), ("GET", RECEIPT): (200, receipt("done"))}
    with scripted(answers, tmp_path) as asked:
        run(
            *("push", "health", "self_paid_year", str(file), "--data", str(tmp_path)),
            *("--as-of", "2026-05-31", "--shape", "list", "--key", "sw.k"),
        )
    assert asked[0] == ("POST", f"{FILES}?as_of=2026-05-31&shape=list", "Bearer sw.k")


def test_without_an_instance_a_command_says_how_to_start_one(tmp_path: Path) -> None:
    ended, _, err = run("alerts", "--data", str(tmp_path))
    assert ended == 5
    assert "shouwang up" in err


def test_an_instance_that_does_not_answer_is_away(tmp_path: Path) -> None:
    gone = {"url": "http://127.0.0.1:9", "key": "k", "county": "532927"}
    (tmp_path / "instance.json").write_text(json.dumps(gone), encoding="utf-8")
    ended, _, err = run("words", "--json", "--data", str(tmp_path))
    assert ended == 5
    assert "连不上" in err


@pytest.mark.parametrize(
    "words",
    [
        ("push", "weather", "rain", "."),
        ("push", "health", "self_paid_year", "/nowhere.csv"),
        ("day", "gestern"),
        ("nonsense",),
    ],
)
def test_wrong_usage_is_two(words: tuple[str, ...], tmp_path: Path) -> None:
    with scripted({}, tmp_path):
        assert run(*words, *(("--data", str(tmp_path)) if words[0] == "day" else ()))[0] == 2


def test_alerts_pass_through_line_by_line(tmp_path: Path) -> None:
    lines = '{"subject":"h1a"}\n{"subject":"h1b"}\n'
    with scripted({("GET", "/api/v1/alerts"): (200, lines)}, tmp_path) as asked:
        ended, out, _ = run("alerts", "--json", "--suppressed", "--data", str(tmp_path))
    assert (ended, out) == (0, lines)
    assert asked[0][1] == "/api/v1/alerts?suppressed=true"


def test_a_receipt_is_found_whichever_department_gave_it(tmp_path: Path) -> None:
    with scripted({("GET", RECEIPT): (200, receipt("held", held_because="少了一半"))}, tmp_path):
        ended, out, _ = run("receipts", "show", "r1", "--data", str(tmp_path))
        missing, _, err = run("receipts", "show", "r2", "--data", str(tmp_path))
    assert ended == 0
    assert "少了一半" in out
    assert missing == 4
    assert "没有回执 r2" in err


def test_the_day_waits_for_words_under_way_and_for_every_household(tmp_path: Path) -> None:
    idle = {"working": 0, "held": 0, "outbox": 0, "seqs": {"532927": 4}}
    doors = {("GET", f"/departments/{d}/v1/progress"): (200, {**idle, "seqs": {}}) for d in OTHERS}
    county = {"day": "2026-06-01", "seqs": {"health": 4}, "dirty": 0}
    answers: dict[tuple[str, str], Any] = {
        **doors,
        ("GET", f"{DOOR}/progress"): [(200, {**idle, "working": 1}), (200, {**idle, "outbox": 2}), (200, idle)],
        ("POST", "/api/v1/day"): (200, {}),
        ("GET", "/api/v1/progress"): [
            (200, {"counties": {"532927": {**county, "seqs": {"health": 3}}}}),
            (200, {"counties": {"532927": county}}),
            (200, {"counties": {"532927": county}}),
            (200, {"counties": {"532927": {**county, "day": "2026-06-02", "dirty": 1}}}),
            (200, {"counties": {"532927": {**county, "day": "2026-06-02"}}}),
        ],
    }
    with scripted(answers, tmp_path) as asked:
        ended, _, _ = run("day", "2026-06-02", "--data", str(tmp_path))
    assert ended == 0
    posted = [at for at, (method, path, _) in enumerate(asked) if (method, path) == ("POST", "/api/v1/day")]
    before = [path for _, path, _ in asked[: posted[0]]]
    assert before.count(f"{DOOR}/progress") == 3
    assert before.count("/api/v1/progress") == 3
    assert len(asked) - posted[0] == 3


def test_the_day_is_not_turned_back(tmp_path: Path) -> None:
    doors = {("GET", f"/departments/{d}/v1/progress"): (200, {"working": 0, "outbox": 0}) for d in (*OTHERS, "health")}
    county = {"532927": {"day": "2026-06-02", "seqs": {}, "dirty": 0}}
    with scripted({**doors, ("GET", "/api/v1/progress"): (200, {"counties": county})}, tmp_path) as asked:
        ended, _, err = run("day", "2026-06-01", "--data", str(tmp_path))
    assert ended == 4
    assert "只能向前" in err
    assert not any(method == "POST" for method, _, _ in asked)


OTHERS = tuple(name for name in DEPARTMENTS if name != "health")
