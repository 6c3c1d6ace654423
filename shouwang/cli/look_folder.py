"""What the doctor sees in the installation's folder and databases, whether or not anything runs."""

import json
import os
import tomllib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from shutil import disk_usage
from typing import TYPE_CHECKING, Any, Final

from shouwang.cli.findings import Finding, Weight

if TYPE_CHECKING:
    from shouwang.standalone.installation import Installation

LEAST_FREE: Final = 1 << 30
"""A month of a county is some 200 MiB of words and sealed files; less than 1 GiB left is trouble ahead."""
LITTLE_FREE: Final = 5 << 30
LATE_BACKUP, NO_BACKUP = timedelta(hours=36), timedelta(days=7)
"""Backups are made every night; one that failed may be seen in the morning, a week without is red."""
REVIEW_AHEAD: Final = timedelta(days=60)
CALENDAR_FROM: Final = 11
"""The State Council announces the next year's holidays in November; from then on a missing calendar is said."""
CLOCK_SLACK: Final = timedelta(minutes=5)


def folder(data: Path, url: str, *, strict: bool) -> Iterator[Finding]:
    """Everything of it; nothing for a remote instance."""
    if url:
        return
    from shouwang.kit.clock import SystemClock
    from shouwang.standalone.installation import Installation

    installation, now = Installation(data), SystemClock().now()
    if not data.is_dir():
        yield Finding(Weight.RED, f"{data} 还不存在", f"运行 shouwang up --data {data}")
        return
    for sentence in installation.missing():
        yield Finding(Weight.RED, sentence, "照上面说的做")
    yield from _keys(installation)
    yield from _schemas(installation)
    yield from _disk(data)
    yield from _backups(installation, now)
    yield from _clock(installation, now)
    yield from documents(_rulebook(), now.date(), strict=strict)
    if strict:
        yield from _configuration(installation)


def _keys(installation: "Installation") -> Iterator[Finding]:
    from shouwang.backup.escrow import unconfirmed
    from shouwang.kit.keys import MissingKey, OpenToOthers

    try:
        for code in installation.counties():
            installation.keys().identity(code)
    except (MissingKey, OpenToOthers) as refused:
        yield Finding(Weight.RED, str(refused), "密钥丢了就用 shouwang keys recover 从密钥备份放回，不要新建")
        return
    if unconfirmed(installation.folder, installation.key_folder):
        yield Finding(
            Weight.RED,
            "密钥备份还没有确认：密钥丢了，前后数据再也对不上人",
            "运行 shouwang keys backup 文件，再运行 shouwang keys confirm 文件",
        )


def _schemas(installation: "Installation") -> Iterator[Finding]:
    from sqlalchemy.exc import OperationalError

    try:
        outdated = installation.outdated()
    except OperationalError:
        yield Finding(Weight.RED, "数据库连不上", "启动数据库；容器里看 docker compose ps postgres")
        return
    if outdated:
        yield Finding(Weight.RED, f"数据库结构是旧版本的：{'、'.join(outdated)}", "停止服务，运行 shouwang upgrade")


def _disk(data: Path) -> Iterator[Finding]:
    free = disk_usage(data).free
    if free < LITTLE_FREE:
        weight = Weight.RED if free < LEAST_FREE else Weight.YELLOW
        yield Finding(weight, f"磁盘只剩 {free >> 20} MiB", "清理磁盘，或把数据搬到大一些的盘上")


def _backups(installation: "Installation", now: datetime) -> Iterator[Finding]:
    from shouwang.backup.taking import LAST

    try:
        said = json.loads((installation.folder / LAST).read_text(encoding="utf-8"))
        last, place = datetime.fromisoformat(said["at"]), f"上次备份是 {said['at'][:16].replace('T', ' ')}"
    except (FileNotFoundError, ValueError, KeyError):
        made = installation.key_folder / "made.txt"
        if not made.exists():
            return
        last, place = datetime.fromtimestamp(made.stat().st_mtime, now.tzinfo), "从未备份"
    age = now - last
    if age > LATE_BACKUP:
        weight = Weight.RED if age > NO_BACKUP else Weight.YELLOW
        yield Finding(weight, place, "运行 shouwang backup --dated 目录；每天的定时任务是否失败了")


def _clock(installation: "Installation", now: datetime) -> Iterator[Finding]:
    newest = max((path.stat().st_mtime for path in installation.folder.glob("*.db*")), default=0.0)
    if newest > (now + CLOCK_SLACK).timestamp():
        yield Finding(Weight.RED, f"时钟慢了：现在显示 {now:%Y-%m-%d %H:%M}，数据却更新", "校准系统时间，再重启服务")


def _rulebook() -> Path:
    import services.alerts

    return Path(str(services.alerts.__file__)).parent / "rulebook"


def documents(rulebook: Path, today: date, *, strict: bool) -> Iterator[Finding]:
    """Calendars that are missing or provisional, and documents whose review is due."""
    wanted = [today.year, *([today.year + 1] if today.month >= CALENDAR_FROM else [])]
    for year in wanted:
        file = rulebook / "calendar" / f"{year}.toml"
        if not file.exists():
            yield Finding(
                Weight.YELLOW if year == today.year else Weight.NOTE,
                f"没有 {year} 年的放假安排，期限按周一至周五计，是暂定的",
                f"放假通知发布后录入 rulebook/calendar/{year}.toml",
            )
        elif "待" in str(_read(file).get("source", "")):
            weight = Weight.YELLOW if strict else Weight.NOTE
            yield Finding(weight, f"{year} 年的放假安排是暂定的，还没有对照原文核实", "核实后改写文件里的 source")
    due: dict[date, int] = {}
    for file in sorted(rulebook.glob("*/*.toml")):
        review = _read(file).get("review_by")
        if isinstance(review, date) and review <= today + REVIEW_AHEAD:
            due[review] = due.get(review, 0) + 1
    for review, count in sorted(due.items()):
        passed = review < today
        what = f"{count} 份规则文件{'已过' if passed else '将到'}复核日期 {review}"
        yield Finding(Weight.YELLOW if passed else Weight.NOTE, what, "请主管科室复核标准是否仍然有效，改写 review_by")


def _configuration(installation: "Installation") -> Iterator[Finding]:
    """What must not be so where it counts (A21)."""
    if installation.day_file.exists():
        yield Finding(
            Weight.RED,
            "这是试用实例：日子由人翻，不随北京时间",
            f"正式运行请另开数据目录，或删除 {installation.day_file}",
        )
    if (installation.folder / "demo.json").exists():
        yield Finding(Weight.RED, "这里装的是虚构的示例县", "正式运行请另开数据目录")
    for path in (installation.folder, installation.instance_file):
        if path.exists() and path.stat().st_mode & 0o077:
            yield Finding(Weight.RED, f"{path} 别的用户也能读", f"运行 chmod go= {path}")
    if os.geteuid() == 0:
        yield Finding(Weight.YELLOW, "以 root 身份运行", "新建一个普通用户来运行")
    yield from _front(installation)
    yield from _administrators(installation)


def _front(installation: "Installation") -> Iterator[Finding]:
    try:
        url = json.loads(installation.instance_file.read_text(encoding="utf-8"))["url"]
    except (FileNotFoundError, ValueError, KeyError):
        return
    inside = ("http://127.0.0.1:", "http://localhost:", "http://alerts-web:", "https://")
    if not url.startswith(inside):
        yield Finding(Weight.RED, f"{url} 不经加密对外服务", "只监听 127.0.0.1，由 TLS 前端转发，见运维手册“对外服务”")


def _administrators(installation: "Installation") -> Iterator[Finding]:
    from sqlalchemy.exc import DatabaseError

    if not installation.has_database("alerts"):
        return
    engine = installation.database("alerts")
    asked = "SELECT count(*) FROM accounts WHERE role = '县管理员' AND disabled_at = ''"
    try:
        with engine.connect() as connection:
            count: Any = connection.exec_driver_sql(asked).scalar()
    except DatabaseError:
        return  # said above: the schema, or the database itself
    finally:
        engine.dispose()
    if not count:
        yield Finding(
            Weight.RED, "没有县管理员账号，人人共用县级密钥", "运行 shouwang users add 账号 --name 姓名 --role 县管理员"
        )


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return {}  # loading the rulebook says so, with file and line
