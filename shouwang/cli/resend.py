"""`shouwang resend`: have a department's words sent again, when the doctor names numbers that have not come."""

from typing import Annotated

import typer

from shouwang.cli import say
from shouwang.cli.options import DEFAULT_DATA, Data, Key, Url
from shouwang.cli.reach import department_of, departments, instance


def resend(
    department: Annotated[str, typer.Argument(help="部门，如 health", callback=department_of)],
    data: Data = DEFAULT_DATA,
    url: Url = "",
    key: Key = "",
    first: Annotated[int, typer.Option("--from", min=0, help="从第几号起；不填为发件箱里的全部")] = 0,
    county: Annotated[str, typer.Option("--county", help="县代码；只服务一个县时不必填")] = "",
) -> None:
    """重发一个部门的在途内容；收过的自动略去，不会重复。"""
    with instance(data, url, key) as reach:
        said = reach.post(f"{reach.door(department)}/v1/resend", county=county, **{"from": first})
    say.prose(f"{departments()[department]}从第 {said['from']} 号起重发。")
