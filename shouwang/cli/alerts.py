"""`shouwang alerts` and `shouwang words`: what stands, and everything that was said, in the order it came."""

import json
from typing import Annotated, Any

import typer

from shouwang.cli import say
from shouwang.cli.options import DEFAULT_DATA, AsJson, Data, Key, Url
from shouwang.cli.reach import instance


def alerts(
    data: Data = DEFAULT_DATA,
    url: Url = "",
    key: Key = "",
    suppressed: Annotated[bool, typer.Option("--suppressed", help="也列出已在帮扶而不重复提出的")] = False,
    as_json: AsJson = False,
) -> None:
    """列出现有预警及依据，重者在前。"""
    with instance(data, url, key) as reach:
        lines = reach.lines(reach.api("alerts"), suppressed="true" if suppressed else None)
        if as_json:
            for line in lines:
                typer.echo(line)
            return
        found = [json.loads(line) for line in lines]
        titles = {one["id"]: one["title"] for one in reach.get(reach.api("rulebook"))["documents"]}
    found.sort(key=lambda alert: (list(say.LEVELS).index(alert["level"]), alert["village"], alert["subject"]))
    out = say.console(err=False)
    for alert in found:
        out.print(_told(alert, titles), soft_wrap=True)
    say.prose(f"共 {len(found)} 条。")


def _told(alert: dict[str, Any], titles: dict[str, str]) -> str:
    """One alert: level, rule, household and since when; below it the reasons."""
    colour = say.COLOURS[alert["level"]]
    marks = "（已帮扶）" if alert.get("suppressed") else ""
    head = f"[{colour}]{say.LEVELS[alert['level']]}[/] {titles.get(alert['rule'], alert['rule'])}{marks}"
    reasons = "".join(f"\n   · {signal['says']}" for signal in alert["signals"])
    return f"{head}　村 {alert['village']}　户 {alert['subject']}　自 {alert['raised_on']}{reasons}"


def words(data: Data = DEFAULT_DATA, url: Url = "", key: Key = "", as_json: AsJson = True) -> None:
    """按到达顺序输出所有已采用的陈述，每行一个 JSON，供独立复算。"""
    del as_json  # there is no other form; the option is documented, so it is taken
    with instance(data, url, key) as reach:
        for line in reach.lines(reach.api("words")):
            typer.echo(line)
