"""`shouwang erase`: a person erased from every database, the topics and the vault; needs the key files."""

import os
import time
from typing import Annotated

import typer

from shouwang.cli import say
from shouwang.cli.options import DEFAULT_DATA, Data, Exit, end

WAIT_SECONDS = 60.0
"""The worker looks every half second; a large county's words are gone through in seconds."""


def erase(
    number: Annotated[str, typer.Argument(help="身份证号；- 表示从标准输入读，不留在命令历史里")],
    reason: Annotated[str, typer.Option("--reason", help="依据，如“本人申请，县局批准〔2026〕12号”")],
    data: Data = DEFAULT_DATA,
    county: Annotated[str, typer.Option("--county", help="县代码；只服务一个县时不必填")] = "",
    seconds: Annotated[float, typer.Option("--wait", help="最多等待的秒数")] = WAIT_SECONDS,
) -> None:
    """删除一个人的全部数据；部门以后再报，视为新的陈述。退出码：0 已删，5 预警服务还没处理完。"""
    from shouwang.kit.clock import SystemClock
    from shouwang.kit.keys import MissingKey, OpenToOthers
    from shouwang.standalone import erasing
    from shouwang.standalone.installation import Installation

    if not reason.strip():
        raise typer.BadParameter("请写明依据", param_hint="--reason")
    installation = Installation(data)
    number = input().strip() if number == "-" else number
    try:
        county = county or installation.county_code()
        person = installation.keys().identity(county).person(number)
    except (MissingKey, OpenToOthers, FileNotFoundError) as missing:
        raise end(Exit.FAILED, str(missing)) from missing
    at = SystemClock().now().isoformat(timespec="seconds")
    erased = erasing.erase(installation, erasing.Request(county, person, at, f"cli:{os.getuid()}", reason))
    said = sum(erased.facts.values())
    say.prose(f"各部门登记的 {said} 条事实已删除；姓名、号码{'已删除' if erased.known else '本来没有'}。")
    until = time.monotonic() + seconds
    while erasing.waits(installation, erased.request):
        if time.monotonic() > until:
            raise end(Exit.AWAY, "预警服务还没有处理；它运行后会自动完成，不必重做。")
        time.sleep(0.2)
    say.prose("预警、陈述和消息里已没有此人。原始文件的密钥最迟三十天后销毁。")
