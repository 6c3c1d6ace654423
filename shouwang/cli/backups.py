"""`shouwang backup`, `restore`, `upgrade`: the whole installation to and from one folder, and to a new version."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shouwang.cli import say
from shouwang.cli.options import DEFAULT_DATA, AsJson, Data, Exit, end

if TYPE_CHECKING:
    from shouwang.kit.bus import Log
    from shouwang.standalone.installation import Installation


def backup(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="写到哪个目录；须是新的或空的")],
    data: Data = DEFAULT_DATA,
    keys: Annotated[Path | None, typer.Option("--keys", help="同时把密钥写到另一个目录（不要和数据放在一起）")] = None,
    dated: Annotated[bool, typer.Option("--dated", help="在 DIR 下新建以当前时刻命名的目录")] = False,
    keep: Annotated[int, typer.Option("--keep", min=0, help="与 --dated 同用：只留最近几份；0 为全留")] = 0,
    as_json: AsJson = False,
) -> None:
    """备份整个实例到一个目录；运行中也可以做。不含密钥，密钥用 --keys 另放。"""
    from shouwang.backup import taking
    from shouwang.backup.manifest import NotABackup
    from shouwang.kit.clock import SystemClock
    from shouwang.standalone.installation import Installation

    moment = SystemClock().now()
    into = taking.dated(folder, moment) if dated else folder
    try:
        made = taking.backup(Installation(data), into, moment, keys=keys)
        old = taking.forget_old(folder, keep) if dated else []
    except (NotABackup, OSError) as refused:
        raise end(Exit.FAILED, _sentence(refused)) from refused
    if as_json:
        say.document({"folder": str(into), "databases": sorted(made.databases), "removed": [str(one) for one in old]})
        return
    say.prose(f"已备份 {len(made.databases)} 个数据库到 {into}。")
    if keys is None:
        say.prose("备份不含密钥：没有密钥，数据恢复了也对不上人。密钥请用 shouwang keys backup 另存。")


def restore(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="备份所在的目录")],
    data: Data = DEFAULT_DATA,
    keys: Annotated[Path | None, typer.Option("--keys", help="密钥备份所在的目录；密钥还在原处则不必填")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="现有数据不要了，用备份替换")] = False,
    as_json: AsJson = False,
) -> None:
    """用备份恢复整个实例；先停止服务。恢复后请各部门把备份之后报过的再报一遍。"""
    from contracts.topics import TOPICS
    from shouwang.backup.manifest import NotABackup
    from shouwang.backup.rejoining import rejoin
    from shouwang.backup.restoring import restore as bring_back
    from shouwang.kit.bus import LogAway, TopicMismatch
    from shouwang.kit.clock import SystemClock
    from shouwang.kit.keys import MissingKey, OpenToOthers
    from shouwang.standalone.installation import Busy, Installation

    installation = Installation(data)
    try:
        if installation.elsewhere("alerts").exists():  # a broker that is away is found out before anything is touched
            log_of(installation).ensure(TOPICS)
        said = bring_back(installation, folder, SystemClock().now(), keys=keys, replace=replace)
        log = log_of(installation)
        joined = rejoin(installation, log)
        log.close()
    except (NotABackup, Busy, MissingKey, OpenToOthers, TopicMismatch, OSError) as refused:
        raise end(Exit.FAILED, _sentence(refused)) from refused
    except LogAway as away:
        raise end(Exit.AWAY, "日志服务连不上；等它可用后，原样再运行一遍（已开始恢复的加 --replace）") from away
    if as_json:
        say.document({"made_at": said.made_at.isoformat(), "words": joined.words, "lost": joined.lost})
        return
    say.prose(f"已恢复到 {said.made_at:%Y-%m-%d %H:%M}。启动后有 {joined.words} 条陈述由各部门接口自动补发。")
    for department, count in joined.lost.items():
        say.prose(f"{department} 有 {count} 条已无处可补，shouwang doctor 会列出；请该部门把名单重报一遍。")
    say.prose("请各部门把这一时刻之后报过的文件再报一遍；重复报送不会重复计算。")


def upgrade(
    data: Data = DEFAULT_DATA,
    into: Annotated[Path | None, typer.Option("--backup", help="升级前的备份放在哪里；不填为数据目录旁")] = None,
    no_backup: Annotated[bool, typer.Option("--no-backup", help="刚做过备份，不再做")] = False,
) -> None:
    """升级到本版本：先备份，再更新数据库结构。先停止服务。"""
    from shouwang.backup import taking
    from shouwang.backup.manifest import NotABackup
    from shouwang.kit.clock import SystemClock
    from shouwang.standalone.installation import Busy, Installation

    installation, moment = Installation(data), SystemClock().now()
    try:
        with installation.lock():
            outdated = installation.outdated()
            if not outdated:
                say.prose("数据库已是本版本，不需要升级。")
                return
            if not no_backup:
                target = into or taking.dated(data.absolute().parent / f"{data.absolute().name}-before-upgrade", moment)
                taking.backup(installation, target, moment)
                say.prose(f"已备份到 {target}。")
            installation.upgrade_locked()
    except (Busy, NotABackup, OSError) as refused:
        raise end(Exit.FAILED, _sentence(refused)) from refused
    say.prose(f"已升级 {len(outdated)} 个数据库：{'、'.join(outdated)}")


def log_of(installation: "Installation") -> "Log":
    """The installation's log: the one in its folder, or the broker named by SHOUWANG_KAFKA where databases are
    elsewhere.
    """
    from shouwang.cli.remote import remote
    from shouwang.kit.bus.local import LocalLog

    if not installation.elsewhere("alerts").exists():
        return LocalLog(installation.log)
    from shouwang.kit.bus.kafka import KafkaLog

    broker = remote().kafka
    if not broker:
        raise end(Exit.USAGE, "没有说明日志服务在哪里：设置 SHOUWANG_KAFKA（容器里已经设好）")
    return KafkaLog(broker)


def _sentence(refused: BaseException) -> str:
    """What was refused; an error of the system's own with the file it concerns."""
    if isinstance(refused, OSError) and refused.strerror:
        return f"{refused.filename or ''} 不能读写：{refused.strerror}"
    return str(refused)
