"""`shouwang ref`: references of ID numbers or 户编号; needs the key files, and every call is audited."""

import sys
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from shouwang.cli import say
from shouwang.cli.options import DEFAULT_DATA, Data, Exit, end


class Kind(StrEnum):
    """Whose number it is."""

    PERSON = "person"
    HOUSEHOLD = "household"


def ref(
    kind: Annotated[Kind, typer.Argument(help="person（身份证号）或 household（户编号）")],
    numbers: Annotated[list[str], typer.Argument(metavar="NUMBER…|-", help="号码；- 表示从标准输入逐行读取")],
    data: Data = DEFAULT_DATA,
    county: Annotated[str, typer.Option("--county", help="县代码；只服务一个县时不必填")] = "",
) -> None:
    """换算号码的代号，每行一个 {"number", "ref"}。每次换算都留痕。"""
    read = (line.strip() for line in sys.stdin) if numbers == ["-"] else iter(numbers)
    for number, code in references(data, kind, [number for number in read if number], county=county):
        say.document({"number": number, "ref": code})


def references(data: Path, kind: Kind, numbers: Sequence[str], *, county: str = "") -> Iterable[tuple[str, str]]:
    """Each number with its reference, after the act is written into the vault's audit chain."""
    from shouwang.kit.keys import MissingKey, OpenToOthers
    from shouwang.standalone.installation import Installation

    installation = Installation(data)
    try:
        keys = installation.keys()
        county = county or installation.county_code()
        identity = keys.identity(county)
        installation.audit_references(keys, county, kind.value, len(numbers))
    except (MissingKey, OpenToOthers, FileNotFoundError) as missing:
        raise end(Exit.FAILED, str(missing)) from missing
    code = identity.person if kind is Kind.PERSON else identity.household
    return [(number, code(number)) for number in numbers]
