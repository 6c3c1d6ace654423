"""`shouwang doctor`: what is wrong with this installation, worst first."""

from typing import Annotated

import typer

from shouwang.cli import say
from shouwang.cli.findings import MARKS, Weight
from shouwang.cli.look_folder import folder
from shouwang.cli.look_services import services
from shouwang.cli.options import DEFAULT_DATA, AsJson, Data, Exit, Key, Url


def doctor(
    data: Data = DEFAULT_DATA,
    url: Url = "",
    key: Key = "",
    strict: Annotated[bool, typer.Option("--strict", help="按正式运行的要求查配置")] = False,
    as_json: AsJson = False,
) -> None:
    """检查这个实例有什么毛病，重者在前。退出码：0 没有要处理的，1 有。"""
    found = sorted({*folder(data, url, strict=strict), *services(data, url, key)})
    for finding in found:
        if as_json:
            say.document({"weight": finding.weight.name.lower(), "what": finding.what, "remedy": finding.remedy})
        else:
            typer.echo(f"{MARKS[finding.weight]}：{finding.what}。{finding.remedy}。")
    if not found:
        say.prose("一切正常。")
    raise typer.Exit(int(Exit.FAILED if any(f.weight < Weight.NOTE for f in found) else Exit.DONE))
