"""`shouwang day`: turn the county's day once everything accepted before has been judged."""

from datetime import date
from typing import Annotated, Any

import typer

from shouwang.cli import say
from shouwang.cli.options import DEFAULT_DATA, Data, Exit, Key, Url, end
from shouwang.cli.reach import Patience, Reach, departments, instance

WAIT_SECONDS = 600.0
"""A day turn of a county is seconds; ten minutes without an end is a fault to be looked into."""


class Backwards(ValueError):
    """Days are turned forward only: what was judged on a later day has been said."""


def day(
    to: Annotated[str, typer.Argument(metavar="[DATE]", help="日期，如 2026-06-15；不填为今天（北京时间）")] = "",
    data: Data = DEFAULT_DATA,
    url: Url = "",
    key: Key = "",
    county: Annotated[str, typer.Option("--county", help="县代码；只服务一个县时不必填")] = "",
    seconds: Annotated[float, typer.Option("--wait", help="最多等待的秒数")] = WAIT_SECONDS,
) -> None:
    """把全县的日子翻到某一天；之前报送的全部研判完毕后才返回。"""
    with instance(data, url, key) as reach:
        try:
            turned = turn(reach, _day(to), county=county, seconds=seconds)
        except Backwards as backwards:
            raise end(Exit.REFUSED, str(backwards)) from backwards
    say.prose(f"已翻到 {turned.isoformat()}，全部研判完毕。")


def turn(reach: Reach, to: date, *, county: str = "", seconds: float = WAIT_SECONDS) -> date:
    """Turn the day and return when it is judged; raises Backwards, or Away when that takes too long."""
    county = county or the_county(reach)
    settle(reach, county, seconds=seconds)
    before = progress(reach, county)
    if before.get("day") and to.isoformat() < before["day"]:
        raise Backwards(f"日子只能向前：现在是 {before['day']}，不能翻回 {to.isoformat()}")
    reach.post(reach.api("day"), {"county": county, "day": to.isoformat()})
    patience = Patience(seconds)
    while True:
        said = progress(reach, county)
        # A county of which nothing was ever said has no day yet, and nothing to judge.
        if not said.get("seqs") or (said.get("day") == to.isoformat() and not said.get("dirty")):
            return to
        patience.pause(f"翻到 {to.isoformat()} 之后仍有 {said.get('dirty', 0)} 户未研判")


def settle(reach: Reach, county: str, *, seconds: float = WAIT_SECONDS) -> None:
    """Return when everything the doors have accepted is judged; raises Away when that takes too long."""
    patience = Patience(seconds)
    numbers = {department: _sent(reach, department, county, patience) for department in departments()}
    while True:
        said = progress(reach, county)
        behind = [d for d, number in numbers.items() if said.get("seqs", {}).get(d, 0) < number]
        if not behind:
            return
        patience.pause(f"尚未研判完：{'、'.join(departments()[department] for department in behind)}")


def _sent(reach: Reach, department: str, county: str, patience: Patience) -> int:
    """The last number of a department's words once none of them waits any more."""
    while True:
        said = reach.get(f"{reach.door(department)}/v1/progress")
        if not said["working"] and not said["outbox"]:
            return int(said.get("seqs", {}).get(county, 0))
        patience.pause(f"{departments()[department]}还有 {said['working']} 份报送在处理，{said['outbox']} 条在途")


def progress(reach: Reach, county: str) -> dict[str, Any]:
    """How far alerts is with one county."""
    said: dict[str, Any] = reach.get(reach.api("progress"))["counties"].get(county, {})
    return said


def the_county(reach: Reach) -> str:
    """The instance's county; the first when there are several."""
    return reach.place.county or min(reach.get(reach.api("progress"))["counties"])


def _day(text: str) -> date:
    if not text:
        from shouwang.kit.clock import SystemClock

        return SystemClock().now().date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text} 不是日期；请写成 2026-06-15") from None
