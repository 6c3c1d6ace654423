"""`shouwang users` and `shouwang open`: who works here, and from when alerts become their work."""

from datetime import date
from typing import Annotated

import typer

from shouwang.cli import say
from shouwang.cli.day import the_county
from shouwang.cli.options import DEFAULT_DATA, AsJson, Data, Key, Url
from shouwang.cli.reach import instance

app = typer.Typer(help="账号：新建、列出、停用。", no_args_is_help=True)

Login = Annotated[str, typer.Argument(help="账号，小写字母开头，如 zhang.san")]


@app.command()
def add(
    login: Login,
    name: Annotated[str, typer.Option("--name", help="姓名")],
    role: Annotated[str, typer.Option("--role", help="县管理员、县业务、乡镇、村、部门数据员、审计员、运维")],
    area: Annotated[str, typer.Option("--area", help="辖区代码：县 6 位，乡镇 9 位，村 12 位；不填为本县")] = "",
    data: Data = DEFAULT_DATA,
    url: Url = "",
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """新建账号；口令只显示这一次，交给本人。"""
    with instance(data, url, key) as reach:
        asked = {"login": login, "name": name, "role": role, "area": area or the_county(reach)}
        made = reach.post(reach.api("users"), asked)
    if as_json:
        say.document(made)
        return
    say.prose(f"{name}（{role}）的口令（只显示这一次，交给本人）：")
    typer.echo(made["password"])


@app.command("list")
def list_(data: Data = DEFAULT_DATA, url: Url = "", key: Key = "", as_json: AsJson = False) -> None:
    """列出所有账号，含已停用的。"""
    with instance(data, url, key) as reach:
        found = reach.get(reach.api("users"))["users"]
    if as_json:
        for one in found:
            say.document(one)
        return
    rows = ((o["login"], o["name"], o["role"], o["area"], o["created_at"][:10], o["disabled_at"][:10]) for o in found)
    say.table(("账号", "姓名", "角色", "辖区", "新建", "停用"), rows)


@app.command()
def disable(login: Login, data: Data = DEFAULT_DATA, url: Url = "", key: Key = "") -> None:
    """停用账号；已登录的几秒内退出。"""
    with instance(data, url, key) as reach:
        reach.post(reach.api(f"users/{login}/disable"))
    say.prose(f"账号 {login} 已停用。")


def open_(
    on: Annotated[str, typer.Argument(metavar="DATE", help="从哪天起预警转为处置单，如 2026-09-01")],
    budget: Annotated[int, typer.Option("--budget", min=1, help="存量每乡镇每天放出几件，红色在前")],
    by: Annotated[str, typer.Option("--by", help="谁决定的：一个县管理员账号")] = "",
    county: Annotated[str, typer.Option("--county", help="县代码；只服务一个县时不必填")] = "",
    data: Data = DEFAULT_DATA,
    url: Url = "",
    key: Key = "",
) -> None:
    """开县：记下从哪天起派单、存量每天放多少，谁定的。"""
    try:
        day = date.fromisoformat(on)
    except ValueError:
        raise typer.BadParameter(f"{on} 不是日期；请写成 2026-09-01") from None
    with instance(data, url, key) as reach:
        asked = {"county": county or the_county(reach), "on": day.isoformat(), "budget": budget, "by": by}
        reach.post(reach.api("open"), asked)
    say.prose(f"已记下：{day} 起开县，存量每乡镇每天 {budget} 件。处置单功能随下一版本提供；在那之前照常研判、不派单。")
