"""`shouwang keys backup`, `confirm`, `recover`: the keys nobody could make again, sealed by a passphrase."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shouwang.cli import say
from shouwang.cli.options import DEFAULT_DATA, Data, Exit, end

if TYPE_CHECKING:
    from shouwang.backup import escrow

File = Annotated[str, typer.Argument(metavar="FILE", help="密钥备份文件；- 为标准输入或输出")]
Passphrase = Annotated[
    Path | None, typer.Option("--passphrase-file", help="口令写在这个文件里（不填：备份时自动生成，确认时询问）")
]


def backup(file: File, data: Data = DEFAULT_DATA, passphrase_file: Passphrase = None) -> None:
    """把全部密钥封成一个文件；口令只显示这一次，由另一人保管。"""
    from shouwang.backup import escrow
    from shouwang.kit.clock import SystemClock
    from shouwang.kit.keys import MissingKey, OpenToOthers
    from shouwang.standalone.installation import Installation

    given = passphrase_file.read_text(encoding="utf-8").strip() if passphrase_file else ""
    passphrase = given or escrow.new_passphrase()
    try:
        text = escrow.seal(Installation(data).key_folder, passphrase, SystemClock().now())
    except (MissingKey, OpenToOthers) as missing:
        raise end(Exit.FAILED, str(missing)) from missing
    if file == "-":
        sys.stdout.write(text)
    else:
        _write(Path(file), text)
    if not given:
        say.prose(f"口令（只显示这一次，抄给另一人保管）：{passphrase}")
    say.prose("密钥已封存。接着运行 shouwang keys confirm 该文件，确认打得开；未确认之前 doctor 一直是红的。")


def confirm(file: File, data: Data = DEFAULT_DATA, passphrase_file: Passphrase = None) -> None:
    """打开密钥备份，核对它与正在使用的密钥一致；通过后 doctor 才不再提醒。"""
    from shouwang.backup import escrow
    from shouwang.kit.clock import SystemClock
    from shouwang.standalone.installation import Installation

    opened = _opened(file, passphrase_file)
    installation = Installation(data)
    missing = escrow.confirm(installation.folder, installation.key_folder, opened, SystemClock().now())
    if missing:
        raise end(Exit.FAILED, f"这份备份缺 {'、'.join(missing)}；请重新做一份 shouwang keys backup")
    say.prose(f"核对无误：{opened.made_at:%Y-%m-%d %H:%M} 的备份含正在使用的全部 {len(opened.keys)} 把密钥。")


def recover(file: File, data: Data = DEFAULT_DATA, passphrase_file: Passphrase = None) -> None:
    """从密钥备份把丢失的密钥放回去；已有的不动。"""
    from shouwang.backup import escrow
    from shouwang.standalone.installation import Installation

    opened = _opened(file, passphrase_file)
    try:
        put = escrow.recover(Installation(data).key_folder, opened)
    except escrow.NotOpened as refused:
        raise end(Exit.FAILED, str(refused)) from refused
    say.prose(f"放回 {len(put)} 把密钥：{'、'.join(put)}" if put else "密钥都在，没有需要放回的。")


def _opened(file: str, passphrase_file: Path | None) -> "escrow.Opened":
    from shouwang.backup import escrow

    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as unread:
        raise end(Exit.FAILED, f"{file} 读不出来：请核对路径") from unread
    said = passphrase_file.read_text(encoding="utf-8").strip() if passphrase_file else ""
    try:
        return escrow.unseal(text, said or typer.prompt("口令", hide_input=True, err=True))
    except escrow.NotOpened as refused:
        raise end(Exit.FAILED, str(refused)) from refused


def _write(file: Path, text: str) -> None:
    """A new file for its owner only; never over an older backup."""
    try:
        file.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        raise end(Exit.FAILED, f"{file} 已经存在；换一个文件名") from None
    file.write_text(text, encoding="utf-8")
