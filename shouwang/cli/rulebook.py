"""`shouwang rulebook`: load a rulebook or refuse it, read it aloud, show the live one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shouwang.cli import say
from shouwang.cli.options import DEFAULT_DATA, Data, Exit, Key, Url, end
from shouwang.cli.reach import instance

if TYPE_CHECKING:
    from services.alerts.policy import Policy

app = typer.Typer(help="规则库：检查、朗读、查看现行版本。", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(metavar="DIR", exists=True, file_okay=False, help="规则库目录")]


@app.command()
def check(folder: Folder) -> None:
    """检查规则库能否启用；不能则逐条说明文件、行和原因。"""
    policy = _load(folder)
    typer.echo(f"可以启用。版本 {policy.version}")


@app.command()
def read(folder: Folder) -> None:
    """把每份文件读成一句话。"""
    for id_, sentence in _load(folder).sentences:
        typer.echo(f"{id_}：{sentence}")


@app.command()
def show(data: Data = DEFAULT_DATA, url: Url = "", key: Key = "") -> None:
    """查看现行规则库。"""
    with instance(data, url, key) as reach:
        say.document(reach.get(reach.api("rulebook")))


def _load(folder: Path) -> "Policy":
    from services.alerts.policy import RulebookRefused, load_rulebook

    try:
        return load_rulebook(folder)
    except RulebookRefused as refused:
        for finding in refused.findings:
            typer.echo(str(finding), err=True)
        raise end(Exit.REFUSED, f"不能启用：{len(refused.findings)} 处需要修改。") from refused
