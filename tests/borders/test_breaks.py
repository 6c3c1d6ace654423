"""The borders hold because breaking one is named: each case breaks one on a copy and asks import-linter."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]

BREAKS = [
    ("services/health/adapter.py", "import services.education.adapter", "services are strangers to each other"),
    (
        "services/alerts/domain/word.py",
        "import sqlalchemy",
        "the domain and the pure half of the adapter kit do no I/O",
    ),
    ("shouwang/kit/clock.py", "import services.vault", "the kit knows no service and nothing that runs it"),
    ("contracts/facts.py", "import shouwang.kit.clock", "contracts know nobody"),
    ("services/alerts/store/rows.py", "import services.alerts.worker.stages", "alerts is layered"),
    ("services/alerts/web/api.py", "import faust", "Faust is in alerts/worker"),
    ("shouwang/kit/adapter/relay.py", "import kafka", "kafka-python is in kit/bus/kafka.py"),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("tree")
    for root in ("contracts", "services", "shouwang"):
        shutil.copytree(TOP / root, top / root, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(TOP / "pyproject.toml", top)
    return top


def lint(top: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=top, capture_output=True, text=True, timeout=120, check=False)


def test_the_tree_as_it_stands_keeps_every_border(copy: Path) -> None:
    done = lint(copy)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("file", "line", "border"), BREAKS, ids=[line for _, line, _ in BREAKS])
def test_a_broken_border_is_named(copy: Path, file: str, line: str, border: str) -> None:
    path = copy / file
    before = path.read_text(encoding="utf-8")
    path.write_text(f"{before}\n{line}\n", encoding="utf-8")
    try:
        done = lint(copy)
    finally:
        path.write_text(before, encoding="utf-8")
    assert done.returncode == 1
    broken = [row for row in done.stdout.splitlines() if " BROKEN" in row]
    assert any(row.startswith(border) for row in broken), done.stdout
