"""`shouwang receipts`: what became of a sending, and settling a held list."""

from typing import Annotated, Any

import typer

from shouwang.cli import say
from shouwang.cli.options import DEFAULT_DATA, AsJson, Data, Exit, Key, Url, end
from shouwang.cli.push import exit_of, tell, wait
from shouwang.cli.reach import Reach, Refused, departments, instance

app = typer.Typer(help="回执：查看、确认、作废。", no_args_is_help=True)

Receipt = Annotated[str, typer.Argument(help="回执号")]


@app.command("list")
def list_(
    data: Data = DEFAULT_DATA,
    url: Url = "",
    key: Key = "",
    limit: Annotated[int, typer.Option("--limit", help="每个部门最多几份")] = 20,
    as_json: AsJson = False,
) -> None:
    """列出各部门最近的回执。"""
    with instance(data, url, key) as reach:
        found = [receipt for department in _doors(reach) for receipt in latest(reach, department, limit)]
    if as_json:
        for receipt in found:
            say.document(receipt)
        return
    say.table(("回执", "部门", "内容", "数据日期", "状态", "收到", "退回"), map(_row, found))


def _row(receipt: dict[str, Any]) -> tuple[str, ...]:
    said = {name: str(receipt.get(name) or "-") for name in ("receipt", "feed", "as_of", "received", "rejected")}
    department, state = receipt["department"], receipt["state"]
    return (
        *(said["receipt"], departments().get(department, department), said["feed"], said["as_of"]),
        *(say.STATES.get(state, state), said["received"], said["rejected"]),
    )


@app.command()
def show(receipt: Receipt, data: Data = DEFAULT_DATA, url: Url = "", key: Key = "", as_json: AsJson = False) -> None:
    """查看一份回执。"""
    with instance(data, url, key) as reach:
        department, said = find(reach, receipt)
    say.document(said) if as_json else tell({"department": department, **said})


@app.command()
def confirm(receipt: Receipt, data: Data = DEFAULT_DATA, url: Url = "", key: Key = "", as_json: AsJson = False) -> None:
    """确认一份待确认的名单（由县级），然后等待处理完毕。"""
    with instance(data, url, key) as reach:
        department, _ = find(reach, receipt)
        reach.post(f"{reach.door(department)}/v1/receipts/{receipt}/confirm")
        said = wait(reach, department, receipt)
    say.document(said) if as_json else tell(said)
    raise end(exit_of(said))


@app.command()
def discard(receipt: Receipt, data: Data = DEFAULT_DATA, url: Url = "", key: Key = "", as_json: AsJson = False) -> None:
    """作废一份待确认的名单（由县级或报送人）。"""
    with instance(data, url, key) as reach:
        department, _ = find(reach, receipt)
        reach.post(f"{reach.door(department)}/v1/receipts/{receipt}/discard")
        _, said = find(reach, receipt)
    say.document(said) if as_json else say.prose(f"回执 {receipt} 已作废。")


@app.command()
def withdraw(
    receipt: Receipt,
    name: Annotated[str, typer.Option("--as", metavar="姓名", help="由谁提出或同意")],
    keep: Annotated[bool, typer.Option("--keep", help="取消还没有人同意的撤回申请")] = False,
    data: Data = DEFAULT_DATA, url: Url = "", key: Key = "", as_json: AsJson = False,
) -> None:  # fmt: skip
    """撤回整份报送：一人提出，另一人同意；之前的说法重新有效。"""
    with instance(data, url, key) as reach:
        department, _ = find(reach, receipt)
        where = f"{reach.door(department)}/v1/receipts/{receipt}/withdraw"
        asking = reach.named(name)
        said = asking.delete(where) if keep else asking.post(where)
        if said["state"] == "working":
            said = wait(reach, department, receipt)
    say.document(said) if as_json else say.prose(_withdrawn(said, keep=keep))


def _withdrawn(said: dict[str, Any], *, keep: bool) -> str:
    if keep:
        return f"回执 {said['receipt']} 的撤回申请已取消。"
    if said["state"] == "refused":
        return f"回执 {said['receipt']} 已整份撤回，之前的说法重新有效。"
    again = f"shouwang receipts withdraw {said['receipt']} --as 姓名"
    return f"已提出撤回，请由另一人同意：{again}"


def latest(reach: Reach, department: str, limit: int) -> list[dict[str, Any]]:
    """The newest receipts of one department."""
    answer = reach.get(f"{reach.door(department)}/v1/receipts", limit=limit)
    found: list[dict[str, Any]] = answer["receipts"] if isinstance(answer, dict) else answer
    return found


def find(reach: Reach, receipt: str) -> tuple[str, dict[str, Any]]:
    """The department that gave a receipt, and the receipt; ends the command when nobody did."""
    for department in _doors(reach):
        try:
            return department, reach.get(f"{reach.door(department)}/v1/receipts/{receipt}")
        except Refused as refused:
            if refused.status != 404:
                raise
    raise end(Exit.REFUSED, f"没有回执 {receipt}：请核对回执号。")


def _doors(reach: Reach) -> list[str]:
    """One department per address: a remote adapter stands for all its receipts once."""
    by_address = {reach.door(department): department for department in reversed(departments())}
    return list(reversed(by_address.values()))
