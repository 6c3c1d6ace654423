"""T12 to T15: clocks that jump, repeats and shuffles, corrections and withdrawals, poison."""

import json
import random
import time
from collections.abc import Iterable, Mapping
from datetime import timedelta

import httpx

from contracts.topics import FACT_TOPICS
from shouwang.kit.bus import Outgoing
from tests.chaos.account import Bureau, Push
from tests.chaos.county import PretendCounty, Said, Somebody
from tests.chaos.faults import sent_again
from tests.chaos.judge import Verdict, read_all
from tests.chaos.mixed import Flow
from tests.chaos.rows.scene import FEW, Notes, Scale, play
from tests.chaos.servers import wait_for
from tests.chaos.town import COUNTY, FIRST_DAY, PARTITION, Town

BLOCKED_SECONDS = 5.0
BAD = 120
"""More than the hundred letters after which a feed is stopped."""
POISON = (
    b"not json", b"", b"{}", b"[" * 10_000, b'{"data": NaN}', b'{"id": "\xff\xfe"}', b'{"id": "\\ud800"}',
    b'{"specversion": "1.0", "type": "nobody.knows.v1"}', b'{"seq": ' + b"9" * 5_000 + b"}",
    b'{"id": "' + b"x" * 900_000 + b'"}',
)  # fmt: skip
"""Bad bytes of every kind; the last as large as a broker takes by itself (1 MiB), where the row has 5 MiB."""


def t12(scale: Scale) -> Verdict:
    """The county's day jumps to and fro, dates lie in 1970 and 2099: the day only goes on, the future is refused."""

    def disturb(town: Town, flow: Flow, notes: Notes) -> None:
        last = FIRST_DAY
        for jump in (2, -1, 5, -5):
            town.clock.turn(COUNTY.code, last + timedelta(days=jump))
            last = max(last, last + timedelta(days=jump))
            time.sleep(3)
        town.clock.turn(COUNTY.code, last)
        wait_for(lambda: town.ledger().county(COUNTY.code).day == last, f"the day {last}")
        bureau, person = flow.bureau("education"), _people(town, scale)[0]
        for found, expected in (("2099-01-01", 1), ("1970-01-01", 0)):
            row = {
                "身份证号": person.number,
                "姓名": person.name,
                "台账编号": "T9",
                "状态": "已复学",
                "发现日期": found,
            }
            rejected = _pushed(town, bureau, "school_absence", [row])["rejected"]
            if rejected != expected:
                notes.wrong.append(f"发现日期 {found}: {rejected} rows rejected, not {expected}")
        notes.judging |= {"day": last, "plain": False}

    return play(scale, disturb)


def t13(scale: Scale) -> Verdict:
    """Words sent again, shuffled by thousands, and whole sendings made again under another key."""

    def disturb(town: Town, flow: Flow, notes: Notes) -> None:
        dice = random.Random(scale.seed)
        for _ in range(scale.times):
            time.sleep(3)
            sent_again(town, dice)
            _shuffle(town, dice)
        for department in town.departments:
            push = flow.account.of(department)[0]
            again = flow.bureau(department).say(Push(department, push.feed, push.rows))
            notes.figures["sendings made again"] = notes.figures.get("sendings made again", 0) + bool(again.receipt)

    return play(scale, disturb)


def _shuffle(town: Town, dice: random.Random) -> None:
    """Put the last thousands of words on each topic once more, in any order, as no relay of ours ever would."""
    heard = town.ledger().county(COUNTY.code).seqs
    for department in town.departments:
        topic = FACT_TOPICS[department]
        known = [value for value in read_all(town, topic) if json.loads(value)["seq"] <= heard.get(department, 0)]
        again = dice.sample(known[-10_000:], k=min(len(known), 10_000) * 3 // 10)
        town.log.send([Outgoing(topic, PARTITION, COUNTY.code.encode(), value) for value in again])


def t14(scale: Scale) -> Verdict:
    """Corrections, withdrawals, deaths and moves, among plain words and over a kill."""

    def disturb(town: Town, flow: Flow, notes: Notes) -> None:
        dice, people = random.Random(scale.seed), _people(town, scale)
        for _ in range(scale.times):
            some = dice.sample(people, 30)
            moved = [_member(one.number, one.name, f"M{dice.randrange(20):05d}", "迁入") for one in some[:10]]
            dead = [_member(one.number, one.name, f"H{one.home:06d}", "死亡") for one in some[10:13]]
            _pushed(town, flow.bureau("civil_affairs"), "household_member", [*moved, *dead])
            for op in ("更正", "撤回"):
                paid = [
                    {"身份证号": one.number, "姓名": one.name, "年度": "2026", "个人自付": "77000", "操作": op}
                    for one in some[15:25]
                ]
                _pushed(town, flow.bureau("health"), "self_paid_year", paid)
            town["worker-1"].kill()
            notes.waits.append(flow.pulse.first_word(time.monotonic()))
        notes.judging |= {"plain": False}

    return play(scale, disturb)


def _member(number: str, name: str, home: str, change: str) -> dict[str, str]:
    return {"身份证号": number, "姓名": name, "户编号": home, "村代码": f"{COUNTY.code}100200", "变动": change,
            "生效日期": FIRST_DAY.isoformat()}  # fmt: skip


def _people(town: Town, scale: Scale) -> list[Somebody]:
    return PretendCounty(COUNTY.code, scale.seed, scale.homes, town.ring.identity(COUNTY.code)).people


def _pushed(town: Town, bureau: Bureau, feed: str, rows: Iterable[Mapping[str, str]]) -> dict[str, int]:
    """A push beside the flow, said until it is taken; its receipt once it is done."""
    push = bureau.say(Push(bureau.department, feed, [Said(dict(row), ("beside", feed, ""), ()) for row in rows]))
    url = f"{town.door(bureau.department)}/v1/receipts/{push.receipt}"
    receipt: dict[str, int] = {}

    def done() -> bool:
        try:
            receipt.update(town.http.get(url, params={"county": COUNTY.code}).raise_for_status().json())
        except httpx.HTTPError:
            return False
        return receipt["state"] != "working"  # type: ignore[comparison-overlap]

    wait_for(done, f"receipt {push.receipt}")
    return receipt


def t15(scale: Scale) -> Verdict:
    """Poison on the topics: each a letter, nothing is held up, and a feed that is all bad is stopped alone."""

    def disturb(town: Town, flow: Flow, notes: Notes) -> None:
        for department in FEW:
            _poison(town, FACT_TOPICS[department], POISON)
            notes.waits.append(flow.pulse.first_word(time.monotonic(), department))
        bad = [_bad_word(number) for number in range(1, BAD + 1)]
        _poison(town, FACT_TOPICS["human_resources"], bad)
        wait_for(lambda: town.ledger().county(COUNTY.code).seqs.get("human_resources") == BAD, "the bad feed read")
        stopped = town.ledger().county(COUNTY.code).stopped
        if stopped != ["human_resources.unemployment.v1"] and len(stopped) != 1:
            notes.wrong.append(f"stopped are {stopped}, not the bad feed alone")
        notes.waits.append(flow.pulse.first_word(time.monotonic()))
        if any(wait is None or wait > BLOCKED_SECONDS for wait in notes.waits):
            notes.promises.append(f"a partition was held up: {notes.waits}")
        notes.judging |= {"letters": len(FEW) * len(POISON) + BAD}

    return play(scale, disturb)


def _poison(town: Town, topic: str, values: Iterable[bytes]) -> None:
    town.log.send([Outgoing(topic, PARTITION, COUNTY.code.encode(), value) for value in values])


def _bad_word(seq: int) -> bytes:
    """A word whose number can be read, and nothing that it says."""
    said = {
        "specversion": "1.0", "id": f"bad-{seq}", "source": f"/county/{COUNTY.code}/human_resources",
        "type": "human_resources.unemployment.v1", "subject": "nobody", "time": "2026-06-15T09:00:00+08:00",
        "datacontenttype": "application/json", "data": {"状态": 7}, "fact": "x", "op": "state", "asof": "2026-06-15",
        "sending": "bad", "seq": seq, "line": seq, "partitionkey": COUNTY.code,
    }  # fmt: skip
    return json.dumps(said, ensure_ascii=False).encode()
