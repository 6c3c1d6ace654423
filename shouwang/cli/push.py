"""`shouwang push`: one file through one door, and its receipt."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shouwang.cli import say
from shouwang.cli.options import DEFAULT_DATA, AsJson, Data, Exit, Key, Url, end
from shouwang.cli.reach import Patience, Reach, Refused, department_of, instance

if TYPE_CHECKING:
    from collections.abc import Callable

WAIT_SECONDS = 3600.0
"""A million rows take minutes; a vault that is away may take longer, and the receipt says so meanwhile."""

FILE_REFUSED = (413, 415, 422)
"""Too large, not a kind of file we read, not readable: the whole sending is refused."""

SETTLED = ("done", "held", "refused")


def push(
    department: Annotated[str, typer.Argument(help="部门，如 health", callback=department_of)],
    feed: Annotated[str, typer.Argument(help="报送内容，如 self_paid_year")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="xlsx、xls、csv 或 NDJSON")],
    data: Data = DEFAULT_DATA,
    url: Url = "",
    key: Key = "",
    as_of: Annotated[str, typer.Option("--as-of", help="数据日期，如 2026-05-31")] = "",
    shape: Annotated[str, typer.Option("--shape", help="list（全量）或 increment（增量）")] = "",
    as_json: AsJson = False,
) -> None:
    """报送一个文件，等待回执。退出码：0 完成，1 有退回的行，3 待确认，4 整份退回，5 服务不可达。"""
    if shape not in ("", "list", "increment"):
        raise typer.BadParameter("--shape 只能是 list 或 increment")
    with instance(data, url, key) as reach:
        receipt = push_with_bar(reach, department, feed, file, as_of=as_of, shape=shape)
    if as_json:
        say.document(receipt)
    else:
        tell(receipt)
    raise end(exit_of(receipt))


def push_with_bar(reach: Reach, department: str, feed: str, file: Path, *, as_of: str, shape: str) -> dict[str, Any]:
    """Send and wait, with a bar on standard error."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=say.console(), transient=True) as progress:
        task = progress.add_task(f"报送 {file.name}", total=None)

        def moved(receipt: dict[str, Any]) -> None:
            done = sum(receipt.get(count) or 0 for count in say.COUNTS if count != "received")
            progress.update(task, total=receipt.get("received") or None, completed=done)

        return send(reach, department, feed, file.name, file.read_bytes(), as_of=as_of, shape=shape, moved=moved)


def send(
    reach: Reach,
    department: str,
    feed: str,
    name: str,
    content: bytes,
    *,
    as_of: str = "",
    shape: str = "",
    moved: "Callable[[dict[str, Any]], None]" = lambda _: None,
) -> dict[str, Any]:
    """Send a file and wait until its receipt is settled; a refusal at the door reads like a refused receipt."""
    door = reach.door(department)
    try:
        answer = reach.send_file(f"{door}/v1/feeds/{feed}/files", name, content, as_of=as_of, shape=shape)
    except Refused as refused:
        if refused.status not in FILE_REFUSED:
            raise
        return refused_receipt(department, feed, refused)
    return wait(reach, department, answer["receipt"], moved=moved)


def refused_receipt(department: str, feed: str, refused: Refused) -> dict[str, Any]:
    """What a refusal at the door comes to, in the form of a receipt (nothing was taken, so it has no number)."""
    said = refused.problem
    row = {"line": None, "column": None, "reason": said.get("code", ""), "kind": None, "hint": refused.sentence()}
    counts = dict.fromkeys((*say.COUNTS, "withdrawn", "doubtful", "skipped"), 0)
    return {"receipt": None, "state": "refused", "department": department, "feed": feed, **counts, "rows": [row]}


def wait(
    reach: Reach, department: str, receipt: str, *, moved: "Callable[[dict[str, Any]], None]" = lambda _: None
) -> dict[str, Any]:
    """The receipt once it is settled; raises Away when it takes longer than an hour."""
    patience = Patience(WAIT_SECONDS)
    while True:
        said: dict[str, Any] = reach.get(f"{reach.door(department)}/v1/receipts/{receipt}")
        moved(said)
        if said["state"] in SETTLED:
            return said
        patience.pause(f"回执 {receipt} 仍在处理{_because(said)}")


def _because(receipt: dict[str, Any]) -> str:
    reason = receipt.get("waiting_for") or receipt.get("held_because")
    return f"（{reason}）" if reason else ""


def exit_of(receipt: dict[str, Any]) -> Exit:
    """How the command ends for a settled receipt."""
    if receipt["state"] == "held":
        return Exit.HELD
    if receipt["state"] == "refused":
        return Exit.REFUSED
    return Exit.REJECTED_ROWS if receipt.get("rejected") else Exit.DONE


def tell(receipt: dict[str, Any]) -> None:
    """A receipt, for the person who sent the file."""
    counts = "，".join(f"{title} {receipt.get(count) or 0}" for count, title in say.COUNTS.items())
    typer.echo(f"回执 {receipt.get('receipt', '-')}：{say.STATES.get(receipt['state'], receipt['state'])}。{counts}")
    extra = {"withdrawn": "因名单不再列出而终止", "doubtful": "读不出而存疑", "skipped": "跳过的非数据行"}
    for count, title in extra.items():
        if receipt.get(count):
            typer.echo(f"{title}：{receipt[count] if isinstance(receipt[count], int) else len(receipt[count])}")
    if receipt.get("columns_dropped"):
        typer.echo(f"未采用的列：{'、'.join(receipt['columns_dropped'])}")
    if receipt.get("held_because"):
        typer.echo(f"待确认的原因：{receipt['held_because']}")
    _rows(receipt)


def _rows(receipt: dict[str, Any]) -> None:
    for row in receipt.get("rows") or ():
        place = f"第{row['line']}行 {row.get('column') or ''}：" if row.get("line") else ""
        typer.echo(f"  {place}{row.get('hint') or row['reason']}")
    for warning in receipt.get("warnings") or ():
        typer.echo(f"  提示 第{warning['line']}行 {warning.get('column') or ''}：{warning['reason']}")
