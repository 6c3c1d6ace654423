"""Borders that an import graph cannot see: who may read the environment, the time, and what a department may know."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.catalogue import DEPARTMENTS

TOP = Path(__file__).parents[2]
PRODUCT = sorted(path for root in ("contracts", "services", "shouwang") for path in (TOP / root).rglob("*.py"))
DEPARTMENT_MODULES = [(dep, path) for dep in DEPARTMENTS for path in sorted((TOP / "services" / dep).rglob("*.py"))]


def name_of(path: Path) -> str:
    return path.relative_to(TOP).as_posix()


def imports(path: Path) -> Iterator[str]:
    """Every module a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def calls(path: Path) -> Iterator[str]:
    """Every dotted name a file reads, as text: `os.environ`, `datetime.now`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            yield ast.unparse(node)


def test_contracts_import_pydantic_and_nothing_else() -> None:
    allowed = {"contracts", "pydantic"} | sys.stdlib_module_names
    foreign = {
        (name_of(path), module)
        for path in PRODUCT
        if path.is_relative_to(TOP / "contracts")
        for module in imports(path)
        if module.partition(".")[0] not in allowed
    }
    assert foreign == set()


@pytest.mark.parametrize(("department", "path"), DEPARTMENT_MODULES, ids=lambda value: getattr(value, "name", value))
def test_a_department_sees_its_own_contract_the_vocabulary_and_the_adapter_kit(department: str, path: Path) -> None:
    rooms = (f"contracts.{department}", "contracts.vocabulary", "shouwang.kit.adapter", f"services.{department}")
    from_contracts = {f"from contracts import {department}"}
    text = {ast.unparse(node) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)}
    foreign = {
        module
        for module in imports(path)
        if module.partition(".")[0] not in sys.stdlib_module_names
        and not any(module == room or module.startswith(f"{room}.") for room in rooms)
        and not (module == "contracts" and text & from_contracts)
    }
    assert foreign == set()


@pytest.mark.parametrize(
    ("words", "room"),
    [
        ({"os.environ", "os.getenv", "os.environb", "os.putenv"}, "shouwang/kit/settings.py"),
        (
            {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.localtime"},
            "shouwang/kit/clock.py",
        ),
    ],
)
def test_the_environment_and_the_time_each_have_one_room(words: set[str], room: str) -> None:
    elsewhere = {
        (name_of(path), said)
        for path in PRODUCT
        if name_of(path) != room
        for said in calls(path)
        if said in words or any(said.endswith(f".{word}") for word in words)
    }
    assert elsewhere == set()
