"""A rulebook that is wrong anywhere is refused as a whole, with file, line and reason."""

import shutil
from pathlib import Path

import pytest

from services.alerts.policy import RulebookRefused, load_rulebook

RULEBOOK = Path(__file__).parents[3] / "services" / "alerts" / "rulebook"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(RULEBOOK, tmp_path / "rulebook"))


def change(folder: Path, file: str, old: str, new: str) -> int:
    """Replace text in a file of the rulebook; gives the line it stood on."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


REFUSALS = [
    (
        "signals/dropout.toml",
        "latest(person.school_absence).状态",
        "latest(person.school_absence).情况",
        "没有“情况”这一栏",
    ),
    ("signals/dropout.toml", '"已辍学") and', '"失学") and', "没有“失学”这个值"),
    ("signals/dropout.toml", "{发现日期}列入", "{发现日子}列入", "不认识“发现日子”"),
    ("signals/dropout.toml", 'on          = "发现日期"', 'on          = "状态"', "写一个日期"),
    ("signals/dropout.toml", 'for_each    = "person"', 'for_each    = "persons"', "for_each"),
    ("signals/medical_burden.toml", 'limit("medical_burden")\'\nsays', 'limit("medical")\'\nsays', "没有“medical”"),
    ("rules/schooling.toml", 'has("dropout")\'\n\n[[level', 'has("droput")\'\n\n[[level', "没有信号“droput”"),
    ("rules/schooling.toml", 'level = "orange"', 'level = "purple"', "没有“purple”这一级"),
    ("rules/illness.toml", 'title       = "因病支出高"', 'titel       = "因病支出高"', "不认识这一项"),
    ("county.toml", '户类型 == "脱贫户"', '户类型 == "脱贫"', "没有“脱贫”这个值"),
    ("parameters.toml", "value      = 8700", 'value      = "多"', "不对"),
]


@pytest.mark.parametrize(("file", "old", "new", "reason"), REFUSALS)
def test_a_mistake_is_named_with_its_file_and_line(copy: Path, file: str, old: str, new: str, reason: str) -> None:
    line = change(copy, file, old, new)
    with pytest.raises(RulebookRefused) as refused:
        load_rulebook(copy)
    findings = [one for one in refused.value.findings if reason in one.reason]
    assert [(one.file, one.line) for one in findings[:1]] == [(file, line)]


def test_every_mistake_is_found_in_one_go(copy: Path) -> None:
    change(copy, "signals/dropout.toml", "状态 in", "情况 in")
    change(copy, "rules/illness.toml", 'has("illness_signals")', 'has("nothing")')
    with pytest.raises(RulebookRefused) as refused:
        load_rulebook(copy)
    assert {one.file for one in refused.value.findings} == {"signals/dropout.toml", "rules/illness.toml"}


def test_the_line_inside_a_condition_of_several_lines_is_named(copy: Path) -> None:
    line = change(copy, "signals/job_lost.toml", "and 16 <= age(person)", "and 16 <= height(person)")
    with pytest.raises(RulebookRefused) as refused:
        load_rulebook(copy)
    assert [one.line for one in refused.value.findings if "height" in one.reason] == [line]


def test_a_document_that_fails_its_own_case_cannot_be_loaded(copy: Path) -> None:
    line = change(copy, "signals/dropout.toml", 'name   = "差一个月满六岁"', 'name   = "差一个月满六岁"')
    change(copy, "signals/dropout.toml", "6 <= age(person)", "5 <= age(person)")
    with pytest.raises(RulebookRefused) as refused:
        load_rulebook(copy)
    assert any(one.line == line and "差一个月满六岁" in one.reason for one in refused.value.findings)


def test_a_boundary_without_a_case_is_refused(copy: Path) -> None:
    change(copy, "signals/job_lost.toml", "失业日期, 180)", "失业日期, 175)")
    change(copy, "signals/job_lost.toml", "2025-12-17", "2026-01-10")
    with pytest.raises(RulebookRefused, match=r"within.*175.*没有这样的例子：刚好 175"):
        load_rulebook(copy)


def test_a_raised_line_needs_its_cases_moved(copy: Path) -> None:
    change(copy, "parameters.toml", "value      = 8700", "value      = 9000")
    with pytest.raises(RulebookRefused, match="刚好在监测线"):
        load_rulebook(copy)


@pytest.mark.parametrize("result", ["hit", "miss"])
def test_a_document_without_a_hit_or_without_a_miss_is_refused(copy: Path, result: str) -> None:
    path = copy / "signals" / "low_income.toml"
    head, *cases = path.read_text(encoding="utf-8").split("[[case]]")
    kept = [case for case in cases if f'result = "{result}"' not in case]
    path.write_text("[[case]]".join([head, *kept]), encoding="utf-8")
    with pytest.raises(RulebookRefused, match="没有一个"):
        load_rulebook(copy)


def test_who_answers_for_a_document_cannot_approve_it(copy: Path) -> None:
    line = change(copy, "signals/dropout.toml", "县防返贫监测办公室负责人", "教育体育局")
    with pytest.raises(RulebookRefused, match=f"signals/dropout.toml:{line}: 批准人"):
        load_rulebook(copy)


def test_a_rule_that_holds_without_a_signal_is_refused(copy: Path) -> None:
    change(copy, "rules/illness.toml", 'has("illness_signals")', 'not has("illness_signals")')
    with pytest.raises(RulebookRefused, match="没有信号也会成立"):
        load_rulebook(copy)


def test_two_documents_that_say_the_same_are_refused(copy: Path) -> None:
    shutil.copy(copy / "signals" / "low_income.toml", copy / "signals" / "poor.toml")
    with pytest.raises(RulebookRefused, match=r"signals/poor.toml:\d+: 与“low_income”说的是同一件事"):
        load_rulebook(copy)


@pytest.mark.parametrize("file", ["county.toml", "parameters.toml", "queues.toml"])
def test_a_missing_file_is_named(copy: Path, file: str) -> None:
    (copy / file).unlink()
    with pytest.raises(RulebookRefused, match=f"{file}:1: 缺这个文件"):
        load_rulebook(copy)


def test_broken_toml_is_named_with_its_line(copy: Path) -> None:
    line = change(copy, "signals/dropout.toml", 'risk        = "因学"', "risk        = 因学")
    with pytest.raises(RulebookRefused, match=f"signals/dropout.toml:{line}: 不是有效的 TOML"):
        load_rulebook(copy)


def test_the_version_is_that_of_the_content(copy: Path) -> None:
    before = load_rulebook(copy).version
    assert load_rulebook(RULEBOOK).version == before
    change(copy, "county.toml", "rest_days = 90", "rest_days = 60")
    assert load_rulebook(copy).version != before
