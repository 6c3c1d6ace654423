"""`shouwang doctor`: what is wrong with this installation, worst first."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from shutil import disk_usage
from typing import Any

import typer

from shouwang.cli import say
from shouwang.cli.options import DEFAULT_DATA, AsJson, Data, Exit, Key, Url
from shouwang.cli.reach import Away, NoInstance, Reach, Refused, departments, place_of, reaching

LEAST_FREE = 1 << 30
"""A month of a county is some 200 MiB of words and sealed files; less than 1 GiB left is trouble ahead."""


class Weight(IntEnum):
    """How bad a finding is."""

    RED = 0
    YELLOW = 1
    NOTE = 2


MARKS = {Weight.RED: "坏", Weight.YELLOW: "注意", Weight.NOTE: "知悉"}


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that is wrong, and what to do."""

    weight: Weight
    what: str
    remedy: str


def doctor(data: Data = DEFAULT_DATA, url: Url = "", key: Key = "", as_json: AsJson = False) -> None:
    """检查这个实例有什么毛病，重者在前。退出码：0 无，1 有需要处理的。"""
    found = sorted([*_folder(data, url), *_running(data, url, key)])
    for finding in found:
        if as_json:
            say.document({"weight": finding.weight.name.lower(), "what": finding.what, "remedy": finding.remedy})
        else:
            typer.echo(f"{MARKS[finding.weight]}：{finding.what}。{finding.remedy}")
    if not found:
        say.prose("一切正常。")
    raise typer.Exit(int(Exit.FAILED if any(f.weight < Weight.NOTE for f in found) else Exit.DONE))


def _folder(data: Path, url: str) -> Iterator[Finding]:
    """What the files say, whether or not anything runs."""
    if url:
        return
    from shouwang.standalone.installation import Installation

    installation = Installation(data)
    if not data.is_dir():
        yield Finding(Weight.RED, f"{data} 还不存在", f"运行 shouwang up --data {data}")
        return
    for sentence in (*installation.missing(), *_keys(installation), *_schemas(installation)):
        yield Finding(Weight.RED, sentence, "")
    free = disk_usage(data).free
    if free < LEAST_FREE:
        yield Finding(Weight.RED, f"磁盘只剩 {free >> 20} MiB", "清理磁盘，或换一个 --data 目录")


def _keys(installation: Any) -> Iterator[str]:
    from shouwang.kit.keys import MissingKey, OpenToOthers

    try:
        installation.keys().identity(installation.county_code())
    except (MissingKey, OpenToOthers) as refused:
        yield str(refused)


def _schemas(installation: Any) -> Iterator[str]:
    from shouwang.kit.database import SchemaOutdated, require_current
    from shouwang.standalone.installation import schemas

    for name, migrations in schemas().items():
        if not (installation.folder / f"{name}.db").exists():
            continue
        engine = installation.database(name)
        try:
            require_current(engine, migrations)
        except SchemaOutdated as outdated:
            yield str(outdated)
        finally:
            engine.dispose()


def _running(data: Path, url: str, key: str) -> Iterator[Finding]:
    """What the services say of themselves."""
    try:
        with reaching(place_of(data, url, key)) as reach:
            yield from _alerts(reach)
            for department in departments():
                yield from _door(reach, department)
    except NoInstance as nowhere:
        yield Finding(Weight.RED, "没有运行的实例", str(nowhere))
    except Away as away:
        yield Finding(Weight.RED, str(away), "运行 shouwang up，或核对地址")
    except Refused as refused:
        yield Finding(Weight.RED, f"服务拒绝答复：{refused.sentence()}", "核对密钥")


def _alerts(reach: Reach) -> Iterator[Finding]:
    for county, said in reach.get(reach.api("progress"))["counties"].items():
        for name, (weight, what, remedy) in _COUNTED.items():
            if said.get(name):
                yield Finding(weight, f"{county} {what.format(said[name])}", remedy)
    yield from _unready(reach.place.url, reach)


_COUNTED = {
    "missing": (Weight.RED, "缺号：{}", "到相应部门的接口重新发送在途内容"),
    "stopped": (Weight.RED, "停止采用的报送：{}", "shouwang letters list 查看原因"),
    "letters": (Weight.YELLOW, "隔离 {} 件", "shouwang letters list 查看"),
    "waiting": (Weight.NOTE, "待关联 {} 条：人不在任何已知的户里", "请民政核对名册"),
    "dirty": (Weight.NOTE, "{} 户等待研判", "稍后再看；一直不减则查看日志"),
}


def _unready(address: str, reach: Reach) -> Iterator[Finding]:
    """What a service's own readiness check names."""
    try:
        reach.get(f"{address}/readyz")
    except Away as away:
        yield Finding(Weight.RED, f"{address} 未就绪", str(away))


def _door(reach: Reach, department: str) -> Iterator[Finding]:
    title, door = departments()[department], reach.door(department)
    said = reach.get(f"{door}/v1/progress")
    if said.get("held"):
        yield Finding(
            Weight.YELLOW, f"{title}有 {said['held']} 份名单待确认", "shouwang receipts list 查看，再确认或作废"
        )
    if said.get("working"):
        yield Finding(Weight.NOTE, f"{title}有 {said['working']} 份报送在处理", "稍后再看；一直不减则查看回执中的原因")
    if said.get("outbox"):
        yield Finding(Weight.NOTE, f"{title}有 {said['outbox']} 条在途", "稍后再看；一直不减则检查日志服务")
    yield from _unready(door, reach)
    yield from _feeds(reach, title, door)


def _feeds(reach: Reach, title: str, door: str) -> Iterator[Finding]:
    answer = reach.get(f"{door}/v1/feeds")
    for feed in answer["feeds"] if isinstance(answer, dict) else answer:
        if feed.get("silent"):
            yield Finding(Weight.YELLOW, f"{title}的{feed.get('title', feed['feed'])}已静默", "请该部门补报或报零")
