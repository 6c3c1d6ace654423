"""`shouwang letters`: bytes no stage could use, with stage and reason."""

from typing import Annotated, Any

import typer

from shouwang.cli import say
from shouwang.cli.options import DEFAULT_DATA, AsJson, Data, Key, Url
from shouwang.cli.reach import Reach, instance

app = typer.Typer(help="隔离：系统读不懂的内容。", no_args_is_help=True)

Letter = Annotated[str, typer.Argument(metavar="ID", help="隔离编号")]


@app.command("list")
def list_(data: Data = DEFAULT_DATA, url: Url = "", key: Key = "", as_json: AsJson = False) -> None:
    """列出隔离的内容：在哪一步、为什么。"""
    with instance(data, url, key) as reach:
        found = kept(reach)
    if as_json:
        for letter in found:
            say.document(letter)
        return
    columns = [c for c in ("id", "stage", "reason", "topic", "offset", "at") if any(c in letter for letter in found)]
    say.table(columns or ("id",), ([str(letter.get(column) or "-") for column in columns] for letter in found))


@app.command()
def show(letter: Letter, data: Data = DEFAULT_DATA, url: Url = "", key: Key = "") -> None:
    """查看一件隔离的内容。"""
    with instance(data, url, key) as reach:
        say.document(reach.get(reach.api(f"letters/{letter}")))


@app.command()
def replay(letter: Letter, data: Data = DEFAULT_DATA, url: Url = "", key: Key = "") -> None:
    """重新处理一件隔离的内容。"""
    with instance(data, url, key) as reach:
        reach.post(reach.api(f"letters/{letter}/replay"))
    say.prose(f"隔离 {letter} 已重新处理。")


@app.command()
def drop(letter: Letter, data: Data = DEFAULT_DATA, url: Url = "", key: Key = "") -> None:
    """丢弃一件隔离的内容。"""
    with instance(data, url, key) as reach:
        reach.delete(reach.api(f"letters/{letter}"))
    say.prose(f"隔离 {letter} 已丢弃。")


def kept(reach: Reach) -> list[dict[str, Any]]:
    """All letters."""
    answer = reach.get(reach.api("letters"))
    found: list[dict[str, Any]] = answer["letters"] if isinstance(answer, dict) else answer
    return found
