"""The options every command shares, and how a command ends."""

from enum import IntEnum
from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[Path, typer.Option("--data", help="本机实例的数据目录。", show_default=True)]
Url = Annotated[str, typer.Option("--url", help="远程服务地址（不填则用本机实例）。")]
Key = Annotated[str, typer.Option("--key", help="远程服务的密钥。")]
AsJson = Annotated[bool, typer.Option("--json", help="每行输出一个 JSON 文档。")]

DEFAULT_DATA = Path("var")


class Exit(IntEnum):
    """How a command ends; 2 is wrong usage and said by the command line itself."""

    DONE = 0
    REJECTED_ROWS = 1
    FAILED = 1
    USAGE = 2
    HELD = 3
    REFUSED = 4
    AWAY = 5
    """The service cannot be reached, or did not finish in time: try again."""


def end(code: Exit, sentence: str = "") -> typer.Exit:
    """The exit to raise, after one sentence to the person at the desk."""
    if sentence:
        typer.echo(sentence, err=True)
    return typer.Exit(int(code))
