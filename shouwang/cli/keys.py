"""`shouwang keys`: a department's keys, shown once."""

from typing import Annotated

import typer

from shouwang.cli import escrow, say
from shouwang.cli.options import DEFAULT_DATA, AsJson, Data, Exit, Key, Url, end
from shouwang.cli.reach import Refused, department_of, departments, instance

app = typer.Typer(help="部门报送密钥：发放、列出、吊销；全部密钥：备份、确认、放回。", no_args_is_help=True)


@app.command()
def issue(
    department: Annotated[str, typer.Argument(help="部门，如 health", callback=department_of)],
    data: Data = DEFAULT_DATA,
    url: Url = "",
    key: Key = "",
    label: Annotated[str, typer.Option("--label", help="备注，如给谁用")] = "",
    as_json: AsJson = False,
) -> None:
    """发放一把报送密钥；只显示这一次。"""
    with instance(data, url, key) as reach:
        issued = reach.post(f"{reach.door(department)}/v1/keys", {"label": label}, county=reach.place.county)
    if as_json:
        say.document({"department": department, **issued})
        return
    say.prose(f"{departments()[department]}的报送密钥（只显示这一次，请立即保存）：")
    typer.echo(issued["key"])


@app.command("list")
def list_(data: Data = DEFAULT_DATA, url: Url = "", key: Key = "", as_json: AsJson = False) -> None:
    """列出所有密钥（不含密钥本身）。"""
    with instance(data, url, key) as reach:
        found = []
        for department in departments():
            answer = reach.get(f"{reach.door(department)}/v1/keys")
            keys = answer["keys"] if isinstance(answer, dict) else answer
            found += [{"department": department, **one} for one in keys]
    if as_json:
        for one in found:
            say.document(one)
        return
    columns = [c for c in ("department", "id", "county", "label", "created", "revoked") if any(c in o for o in found)]
    say.table(columns, ([str(one.get(column) or "-") for column in columns] for one in found))


@app.command()
def revoke(
    id_: Annotated[str, typer.Argument(metavar="ID", help="密钥编号")],
    data: Data = DEFAULT_DATA,
    url: Url = "",
    key: Key = "",
) -> None:
    """吊销一把密钥，立即生效。"""
    with instance(data, url, key) as reach:
        for department in departments():
            try:
                reach.delete(f"{reach.door(department)}/v1/keys/{id_}")
            except Refused as refused:
                if refused.status != 404:
                    raise
            else:
                say.prose(f"已吊销{departments()[department]}的密钥 {id_}。")
                return
    raise end(Exit.REFUSED, f"没有密钥 {id_}。")


app.command()(escrow.backup)
app.command()(escrow.confirm)
app.command()(escrow.recover)
