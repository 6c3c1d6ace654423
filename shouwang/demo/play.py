"""The demo: start the services, push the pretend county's year through the doors, tell three households' stories."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from contracts.catalogue import DEPARTMENTS
from shouwang.cli import say
from shouwang.cli.reach import Place, Reach, reaching
from shouwang.demo.calendar import Plan, pretend
from shouwang.demo.delivery import Delivered, Delivery
from shouwang.demo.diary import Diary
from shouwang.demo.page import totals, write_page
from shouwang.demo.sendings import Sending
from shouwang.demo.tell import Teller
from shouwang.standalone.installation import Installation
from shouwang.standalone.serve import Standalone

if TYPE_CHECKING:
    from collections import Counter

    from shouwang.kit.identity import Identity

MARK = "demo.json"
"""Says that a folder holds a pretend county, and which; a real one's folder has no such file."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which pretend county."""

    seed: int
    households: int
    county: str = "532927"


class NotADemo(RuntimeError):
    """The folder holds something else."""


@dataclass(slots=True)
class Played:
    """What a run of the demo leaves."""

    plan: Plan
    delivered: list[Delivered] = field(default_factory=list)
    stories: list[str] = field(default_factory=list)
    page: Path = Path()

    @property
    def counted(self) -> "Counter[str]":
        """What the receipts add up to."""
        return totals(self.delivered)


def play(data: Path, *, port: int, serve: bool, seed: int, households: int) -> None:
    """The whole demo, for a person at a terminal."""
    chosen = Chosen(seed, households)
    told = mark(data, chosen)
    installation = Installation(data, county=chosen.county)
    began = time.monotonic()
    with Standalone(installation, port=port, quiet=True) as standalone:
        text = told.read_text(encoding="utf-8") if told.exists() else _first(standalone, chosen, told)
        typer.echo(text)
        say.prose(f"用时 {time.monotonic() - began:.0f} 秒。静态页：{(data / 'demo.html').absolute()}")
        if serve:
            say.prose(f"工作台：{standalone.url}　登录密钥：{standalone.keys.service_key('county')}（按 Ctrl-C 停止）")
            standalone.wait()


def mark(data: Path, chosen: Chosen) -> Path:
    """Where this county's stories are kept once told; raises NotADemo when the folder holds another county."""
    file, said = data / MARK, json.dumps(asdict(chosen))
    if file.exists() and file.read_text(encoding="utf-8") != said:
        raise NotADemo(f"{data} 中是另一个示例县；请换一个 --data 目录，或先删除它")
    if not file.exists() and (data / "keys").exists():
        raise NotADemo(f"{data} 中已有真实的实例；示例县请换一个 --data 目录")
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.write_text(said, encoding="utf-8")
    return data / "demo.txt"


def _first(standalone: Standalone, chosen: Chosen, told: Path) -> str:
    say.prose("正在编一个县：一年的出生、离世、搬迁、失业、失学和看病……")
    plan = pretend(chosen.seed, chosen.households, chosen.county)
    with _bar(plan) as moved:
        played = run(standalone, plan, moved)
    text = "\n".join((_opening(played), "", *("\n".join((story, "")) for story in played.stories)))
    told.write_text(text, encoding="utf-8")
    return text


def run(
    standalone: Standalone, plan: Plan, moved: Callable[[Sending, dict[str, Any]], None] = lambda *_: None
) -> Played:
    """Push a plan through the doors of a running instance and write its page; what the bar shows comes by `moved`."""
    place = Place.of(standalone.installation.folder)
    identity = standalone.keys.identity(plan.county)
    played = Played(plan)
    with reaching(place) as county:
        diary = Diary(county, plan.county, (identity.household(story.home.code) for story in plan.stories))
        delivery = Delivery(county, bureaus(county, plan.county), plan.county)
        for day, delivered in delivery.days(plan.sendings, moved):
            played.delivered += delivered
            diary.note(day, delivered)
        delivery.turn(plan.end)
        diary.note(plan.end, [])
        _tell(played, county, diary, identity, standalone.installation.folder / "demo.html")
    return played


def bureaus(county: Reach, code: str) -> dict[str, Reach]:
    """A way in for every department, with a key of its own that the county issues."""
    return {department: _bureau(county, department, code) for department in DEPARTMENTS}


def _bureau(county: Reach, department: str, code: str) -> Reach:
    issued = county.post(f"{county.door(department)}/v1/keys", {"label": "示例县"}, county=code)
    return county.keyed(issued["key"])


def _tell(played: Played, county: Reach, diary: Diary, identity: "Identity", page: Path) -> None:
    plan = played.plan
    people = {identity.person(p.number): p.name for story in plan.stories for p in story.home.people}
    rules = rule_titles(county.get(county.api("rulebook")))
    teller = Teller(rules, people)
    played.stories = [
        "\n".join(teller.tell(number, story, written, plan.end))
        for number, (story, written) in enumerate(zip(plan.stories, diary.pages, strict=True))
    ]
    played.page = page
    write_page(
        page,
        county="示例县",
        today=plan.end,
        households=plan.households,
        people=plan.people,
        counted=played.counted,
        stories=played.stories,
        alerts=diary.alerts(),
        rules=rules,
    )


def rule_titles(rulebook: dict[str, Any]) -> dict[str, str]:
    """Rule id → title, as the live rulebook says."""
    return {one["id"]: one["title"] for one in rulebook["documents"] if one["kind"] == "rule"}


def _opening(played: Played) -> str:
    plan, found = played.plan, played.counted
    return (
        f"示例县：{plan.households} 户 {plan.people} 人，一年 {found['files']} 份报送、{found['received']} 行。"
        f"采用 {found['accepted']}，无变化 {found['unchanged']}，已有更新 {found['superseded']}，"
        f"重复 {found['duplicate']}，退回 {found['rejected']}；"
        f"扣住 {found['held']} 份，整份退回 {found['refused']} 份。"
    )


@contextmanager
def _bar(plan: Plan) -> Iterator[Callable[[Sending, dict[str, Any]], None]]:
    """A progress bar over the files, on standard error."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(30), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=say.console()) as progress:
        task = progress.add_task("", total=len(plan.sendings))

        def moved(sending: Sending, receipt: dict[str, Any]) -> None:
            said = say.STATES.get(receipt["state"], receipt["state"])
            note = f"（{sending.trouble}）" if sending.trouble else ""
            progress.update(task, advance=1, description=f"{sending.day} {sending.name} {said}{note}")

        yield moved
