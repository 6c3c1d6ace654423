"""`shouwang audit verify` and `shouwang incident`: the chains gone through offline, and whose data an account saw."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shouwang.cli import say
from shouwang.cli.options import DEFAULT_DATA, AsJson, Data, Exit, end

if TYPE_CHECKING:
    from shouwang.standalone.chains import Look
    from shouwang.standalone.installation import Installation

app = typer.Typer(help="留痕：核验每一条记录没有被改动。", no_args_is_help=True)

Day = Annotated[str, typer.Option(metavar="DATE", help="日期，如 2026-06-01。")]


@app.callback()
def audit() -> None:
    """留痕。"""


@app.command()
def verify(data: Data = DEFAULT_DATA, as_json: AsJson = False) -> None:
    """逐行核验各服务的留痕，离线可用。退出码：0 完好，1 有改动或缺失。"""
    from shouwang.kit.keys import MissingKey, OpenToOthers
    from shouwang.standalone import chains

    broken = False
    try:
        for name, found in chains.verify(_installation(data)):
            broken = broken or found.broken_at is not None
            said = {"chain": name, "rows": found.rows, "whole": found.broken_at is None}
            if as_json:
                say.document(said | {"broken_at": found.broken_at, "why": found.why, "head": found.head})
            elif found.broken_at is None:
                say.prose(f"{name}：{found.rows} 行，完好")
            else:
                say.prose(f"{name}：从第 {found.broken_at} 行起不可信（{found.why}）")
    except (MissingKey, OpenToOthers) as missing:
        raise end(Exit.FAILED, str(missing)) from missing
    if broken:
        raise end(Exit.FAILED, "留痕被改动：保存现场，按事件处置流程上报。")


def incident(
    account: Annotated[str, typer.Option("--account", help="账号，如留痕中所记。")],
    data: Data = DEFAULT_DATA,
    since: Day = "",
    until: Day = "",
    as_json: AsJson = False,
) -> None:
    """查某账号在一段时间内看过谁的数据（默认最近三十天）。"""
    from shouwang.kit.clock import SHANGHAI, SystemClock
    from shouwang.standalone import chains

    today = SystemClock().now().date()
    first = _day(since) if since else today - timedelta(days=30)
    last = _day(until) if until else today
    began = datetime.combine(first, time(), SHANGHAI)
    ended = datetime.combine(last + timedelta(days=1), time(), SHANGHAI)
    looks = chains.looks(_installation(data), account, began, ended)
    if as_json:
        for look in looks:
            say.document({name: getattr(look, name) for name in ("at", "chain", "action", "ref", "reason")})
        return
    _summary(account, first, last, looks)


def _summary(account: str, first: date, last: date, looks: Iterable["Look"]) -> None:
    times: dict[str, list[Look]] = {}
    for look in looks:
        times.setdefault(look.ref, []).append(look)
    say.prose(f"{account}，{first} 至 {last}：看过 {len(times)} 个人或户")
    say.table(
        ("代号", "次数", "最早", "最近", "方式"),
        (
            (ref, str(len(some)), some[0].at[:16], some[-1].at[:16], "、".join(sorted({one.action for one in some})))
            for ref, some in sorted(times.items())
        ),
    )


def _installation(data: Path) -> "Installation":
    from shouwang.standalone.installation import Installation

    if not data.is_dir():
        raise end(Exit.AWAY, f"{data} 不存在：用 --data 指明数据目录")
    return Installation(data)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text} 不是日期；请写成 2026-06-01") from None
