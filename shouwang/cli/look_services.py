"""What the doctor hears from the running services: health, backlogs, letters, held lists, silent feeds, the broker."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from shouwang.cli.findings import Finding, Weight
from shouwang.cli.reach import Away, NoInstance, Reach, Refused, departments, place_of, reaching

_COUNTED: Final = {
    "missing": (Weight.RED, "缺号：{}", "运行 shouwang resend 部门；仍补不上时，请该部门把名单重报一遍"),
    "stopped": (Weight.RED, "停止采用的报送：{}", "shouwang letters list 查看原因，改好后逐件 replay"),
    "letters": (Weight.YELLOW, "隔离 {} 件", "shouwang letters list 查看，改好后 replay，不要的 drop"),
    "waiting": (Weight.NOTE, "待关联 {} 条：人不在任何已知的户里", "请民政核对名册"),
    "dirty": (Weight.NOTE, "{} 户等待研判", "稍后再看；一直不减则查看日志"),
}


def services(data: Path, url: str, key: str) -> Iterator[Finding]:
    """What every service says of itself, and what the broker holds."""
    yield from _broker(data, url)
    try:
        with reaching(place_of(data, url, key)) as reach:
            yield from _healthy(reach)
            for title, asked in _questions(reach):
                try:
                    yield from asked
                except Away as away:
                    yield Finding(Weight.RED, f"{title}没有答复：{away}", "看它的日志；容器里看 docker compose ps")
    except NoInstance as nowhere:
        yield Finding(Weight.RED, "没有运行的实例", str(nowhere))
    except Refused as refused:
        yield Finding(Weight.RED, f"服务拒绝答复：{refused.sentence()}", "核对密钥")


def _questions(reach: Reach) -> Iterator[tuple[str, Iterator[Finding]]]:
    yield "研判", _alerts(reach)
    for department, title in departments().items():
        yield title, _door(reach, department)


def _healthy(reach: Reach) -> Iterator[Finding]:
    """Liveness and readiness of every process we can reach; one that does not answer is the worst of all."""
    addresses = {"工作台": reach.place.url, **reach.place.services}
    addresses |= {title: reach.door(department) for department, title in departments().items()}
    for title, address in addresses.items():
        try:
            wrong = {
                name: said for path in ("livez", "readyz") for name, said in reach.checks(f"{address}/{path}").items()
            }
        except Away as away:
            yield Finding(Weight.RED, f"{title}：{away}", "启动它：shouwang up，容器里 docker compose up --detach")
            continue
        for sentence in dict.fromkeys(wrong.values()):
            yield Finding(Weight.RED, f"{title}：{sentence}", "先查它依赖的服务和磁盘，再看它的日志")


def _alerts(reach: Reach) -> Iterator[Finding]:
    for county, said in reach.get(reach.api("progress"))["counties"].items():
        for name, (weight, what, remedy) in _COUNTED.items():
            if said.get(name):
                yield Finding(weight, f"{county} {what.format(_listed(said[name]))}", remedy)
        yield from _opening(county, said)


def _opening(county: str, said: Mapping[str, Any]) -> Iterator[Finding]:
    if "opening" not in said:
        return
    opening = said["opening"]
    if opening is None:
        yield Finding(
            Weight.NOTE, f"{county} 还没有开县：照常研判，不派单", "县里定下日期后运行 shouwang open 日期 --budget 件数"
        )
    elif said.get("day") and opening["on"] > said["day"]:
        what = f"{county} 定于 {opening['on']} 开县，存量每乡镇每天 {opening['budget']} 件（{opening['by']}）"
        yield Finding(Weight.NOTE, what, "到日自动生效")


def _listed(said: Any) -> str:
    """A count as it is; numbers passed over as 部门 甲–乙; names one after another."""
    if isinstance(said, Mapping):
        gaps = ((departments().get(d, d), "、".join(f"{low}–{high}" for low, high in some)) for d, some in said.items())
        return "；".join(f"{title} {numbers}" for title, numbers in gaps)
    return "、".join(map(str, said)) if isinstance(said, list) else str(said)


def _door(reach: Reach, department: str) -> Iterator[Finding]:
    title, door = departments()[department], reach.door(department)
    said = reach.get(f"{door}/v1/progress")
    if said.get("held"):
        what = f"{title}有 {said['held']} 份名单待确认"
        yield Finding(Weight.YELLOW, what, "shouwang receipts list 查看，再 confirm 或 discard")
    if said.get("working"):
        yield Finding(Weight.NOTE, f"{title}有 {said['working']} 份报送在处理", "稍后再看；一直不减则查看回执中的原因")
    if said.get("outbox"):
        yield Finding(Weight.NOTE, f"{title}有 {said['outbox']} 条在途", "稍后再看；一直不减则检查日志服务")
    answer = reach.get(f"{door}/v1/feeds")
    for feed in answer["feeds"] if isinstance(answer, dict) else answer:
        if feed.get("silent"):
            yield Finding(Weight.YELLOW, f"{title}的{feed.get('title', feed['feed'])}已静默", "请该部门补报或报零")


def _broker(data: Path, url: str) -> Iterator[Finding]:
    """The topics of a broker, where there is one that we are told of."""
    from contracts.topics import TOPICS
    from shouwang.cli.remote import remote
    from shouwang.kit.bus import LogAway, TopicMismatch

    if url or not (data / "alerts.url").exists() or not remote().kafka:
        return
    from shouwang.kit.bus.kafka import KafkaLog

    log = KafkaLog(remote().kafka, wait_seconds=5)
    try:
        log.check(TOPICS)
    except LogAway:
        what = f"日志服务 {remote().kafka} 连不上：报送照收，研判停着"
        yield Finding(Weight.RED, what, "启动它：docker compose up --detach kafka；磁盘满了先清理")
    except TopicMismatch as mismatch:
        yield Finding(Weight.RED, f"主题不对：{mismatch}", "运行 docker compose up topics；分区数有数据后不能改")
    finally:
        log.close()
