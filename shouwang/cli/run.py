"""`shouwang up`, `demo`, `migrate`, `check-config`: the embedded services themselves."""

from pathlib import Path
from typing import Annotated

import typer

from shouwang.cli import say
from shouwang.cli.options import DEFAULT_DATA, Data, Exit, end

Port = Annotated[int, typer.Option("--port", help="监听端口；0 表示任选一个空闲端口")]
CountyOption = Annotated[str, typer.Option("--county", help="县代码；不填为 counties.toml 中的第一个")]
Host = Annotated[str, typer.Option("--host", help="监听地址")]

DEFAULT_PORT = 8000
LOCAL = "127.0.0.1"


def up(data: Data = DEFAULT_DATA, port: Port = DEFAULT_PORT, county: CountyOption = "", host: Host = LOCAL) -> None:
    """启动本机实例：五个部门的接口、研判和工作台，数据都在一个目录里。"""
    from services.alerts.policy import RulebookRefused
    from shouwang.kit.bus import TopicMismatch
    from shouwang.kit.counties import CountiesRefused
    from shouwang.kit.keys import MissingKey, OpenToOthers
    from shouwang.standalone.installation import Busy, Installation
    from shouwang.standalone.serve import Standalone

    installation = Installation(data, county=county)
    if installation.unfinished.exists():
        raise end(Exit.FAILED, "\n".join(installation.missing()))
    if outdated := installation.outdated():
        raise end(
            Exit.FAILED, f"数据库是旧版本的：{'、'.join(outdated)}；先运行 shouwang upgrade --data {data}（会先备份）"
        )
    try:
        with Standalone(installation, host=host, port=port) as standalone:
            say.prose(f"守望已启动：{standalone.url}（按 Ctrl-C 停止）")
            standalone.wait()
    except (Busy, CountiesRefused, MissingKey, OpenToOthers, TopicMismatch, RulebookRefused) as refused:
        raise end(Exit.FAILED, str(refused)) from refused
    say.prose("已停止，数据完好。")


def demo(
    data: Annotated[Path, typer.Option("--data", help="数据目录；示例县的数据放在其中")] = DEFAULT_DATA,
    port: Port = DEFAULT_PORT,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="讲完故事就结束")] = False,
    seed: Annotated[int, typer.Option("--seed", help="同一个数，同一个县")] = 7,
    households: Annotated[int, typer.Option("--households", min=20, help="多少户")] = 520,
) -> None:
    """用一个虚构的县走一遍：一年的文件经真实的接口报送，最后讲三户人家的故事。"""
    from shouwang.demo.play import NotADemo, play
    from shouwang.standalone.installation import Busy

    try:
        play(data, port=port, serve=not no_serve, seed=seed, households=households)
    except (Busy, NotADemo) as refused:
        raise end(Exit.FAILED, str(refused)) from refused


def migrate(data: Data = DEFAULT_DATA) -> None:
    """把数据目录中的所有数据库升级到本版本。"""
    from shouwang.standalone.installation import Busy, Installation

    try:
        upgraded = Installation(data).upgrade()
    except Busy as busy:
        raise end(Exit.FAILED, str(busy)) from busy
    say.prose(f"已升级 {len(upgraded)} 个数据库：{'、'.join(upgraded)}")


def check_config(data: Data = DEFAULT_DATA, county: CountyOption = "") -> None:
    """检查启动所需的一切是否齐备；缺什么说什么，退出码 2。"""
    from shouwang.standalone.installation import Installation

    missing = Installation(data, county=county).missing()
    for sentence in missing:
        say.prose(sentence)
    if missing:
        raise typer.Exit(int(Exit.USAGE))
    say.prose("启动所需的一切都在。")
