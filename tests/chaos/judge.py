"""The judge: whether everything acknowledged is accounted for, nothing is lost or double, and the answer is right.

What it finds wrong is one sentence each. It reads the databases, the topics and the console's API, and believes none of
them alone: receipts are held against what was sent, words against receipts, facts against what was said last, alerts
against the plain recomputation, the topics against the numbers.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from sqlalchemy import create_engine, select, text

from contracts.topics import ALERTS_TOPIC, FACT_TOPICS
from services.alerts.store.rows import ChangeRow, table_of
from shouwang.kit.adapter.tables import NumberRow, SendingRow
from shouwang.kit.adapter.tables import table_of as kept_by_adapter
from tests.chaos.account import Account
from tests.chaos.servers import NeverUp, wait_for
from tests.chaos.town import COUNTY, FIRST_DAY, PARTITION, Town
from tests.oracle import differences, standing_alerts

SETTLED_SECONDS: Final = 600.0
ROWS: Final = ("accepted", "unchanged", "superseded", "duplicate", "rejected")
WORD: Final = b'"partitionkey":"'
SEQ: Final = re.compile(rb'"seq":\s*(\d+)')
_SENDING, _NUMBER = kept_by_adapter(SendingRow), kept_by_adapter(NumberRow)
_CHANGES = table_of(ChangeRow)
Word = dict[str, Any]


@dataclass
class Verdict:
    """What was found wrong, and what was counted."""

    wrong: list[str] = field(default_factory=list)
    promises: list[str] = field(default_factory=list)
    """What took longer than promised: a matter of the machine too, so it is told apart."""
    figures: dict[str, float] = field(default_factory=dict)

    def say(self, sentence: str) -> None:
        """Something is wrong."""
        self.wrong.append(sentence)

    @property
    def fine(self) -> bool:
        """Whether nothing is wrong."""
        return not self.wrong


def settle(town: Town, departments: Sequence[str], seconds: float = SETTLED_SECONDS) -> float:
    """Wait until all that was acknowledged has been judged; returns how long it took; raises NeverUp."""
    return wait_for(lambda: settled(town, departments), "everything judged", seconds, lambda: _standing(town))


def settled(town: Town, departments: Sequence[str]) -> bool:
    """Whether nothing waits anywhere."""
    try:
        said = {department: town.progress(department) for department in departments}
        heard = town.api("progress").json()["counties"][COUNTY.code]
    except Exception:  # a service that is not up yet: ask again
        return False
    idle = all(not one["working"] and not one["outbox"] for one in said.values())
    numbers = all(heard["seqs"].get(name, 0) == one["seqs"].get(COUNTY.code, 0) for name, one in said.items())
    return idle and numbers and not heard["dirty"] and not heard["missing"]


def _standing(town: Town) -> str:
    said = []
    for name, service in town.supervisor.services.items():
        if not service.runs or len(service.starts) > 1:
            how = "runs" if service.runs else "is down"
            said.append(f"{name} ({how}, {len(service.starts)} starts): …{service.says()[-600:]}")
    for department in town.departments:
        try:
            said.append(f"{department}: {town.progress(department)}")
        except Exception as away:
            said.append(f"{department}: {away!r}")
    return "\n".join((*said, str(town.ledger().counties)))


def judge(
    town: Town, account: Account, *, letters: int = 0, day: date = FIRST_DAY, replay: bool = True, plain: bool = True,
    seconds: float = SETTLED_SECONDS,
) -> Verdict:  # fmt: skip
    """Wait for rest, then look at everything.

    `letters` is how many there must be; `plain` is false where rows correct and withdraw, so that only the plain
    recomputation knows what stands.
    """
    verdict = Verdict(wrong=list(account.wrong))
    try:
        verdict.figures["settled after (s)"] = settle(town, town.departments, seconds)
    except NeverUp as never:
        verdict.say(f"it never came to rest: {never}")
        return verdict
    words = list(town.lines_of("words"))
    _receipts(town, account, words, verdict)
    if plain:
        _facts(account, words, verdict)
    _numbers(town, verdict)
    _alerts(town, words, day, verdict)
    found = town.api("letters").json()["letters"]
    if len(found) != letters:
        verdict.say(f"{len(found)} letters, not {letters}: {[letter['reason'] for letter in found[:3]]}")
    if replay:
        _replay(town, len(words), verdict)
    verdict.figures |= {"records": account.rows, "sendings": len(account.pushes), "words": len(words)}
    return verdict


# ------------------------------------------------------------------------------------------- receipts, words and facts


def _receipts(town: Town, account: Account, words: Sequence[Word], verdict: Verdict) -> None:
    """Every acknowledged sending has one receipt that adds up, and exactly the words it says; there are no others."""
    said = Counter(word["sending"] for word in words if word["sending"])
    for department in town.departments:
        kept: dict[str, Mapping[str, Any]] = {one["receipt"]: one for one in _sendings(town, department)}
        pushes = account.of(department)
        for push in pushes:
            row = kept.get(push.receipt)
            if row is None:
                verdict.say(f"lost: {department} was answered {push.receipt}, of which nothing is known")
                continue
            del kept[push.receipt]
            counted = sum(row[name] for name in ROWS)
            if row["state"] != "done" or not counted == row["received"] == len(push.rows):
                verdict.say(
                    f"R1: {department} {push.receipt} is {row['state']}: {len(push.rows)} rows sent, "
                    f"{row['received']} received, {counted} accounted for"
                )
            expected = row["accepted"] + row["withdrawn"] + 1
            if said[push.receipt] != expected:
                verdict.say(f"{department} {push.receipt}: {said[push.receipt]} words, its receipt says {expected}")
        if kept:
            verdict.say(f"double: {department} keeps {len(kept)} sendings nobody was answered: {sorted(kept)[:3]}")
    _doubles(words, verdict)


def _sendings(town: Town, department: str) -> Sequence[Mapping[str, Any]]:
    engine = create_engine(town.postgres.url(department))
    with engine.connect() as connection:
        rows = [dict(row) for row in connection.execute(select(_SENDING)).mappings()]
    engine.dispose()
    return rows


def _doubles(words: Sequence[Word], verdict: Verdict) -> None:
    names = ("type", "subject", "key", "op", "sending", "line", "id")
    counted = Counter(tuple(word[name] for name in names) for word in words)
    doubled = [word for word, times in counted.items() if times > 1]
    if doubled:
        verdict.say(f"double: {len(doubled)} words stand twice in the county's order, e.g. {doubled[0]}")


def _facts(account: Account, words: Sequence[Word], verdict: Verdict) -> None:
    """Of every fact the newest word says what was acknowledged last."""
    newest: dict[tuple[str, str, str], Word] = {}
    for word in words:
        newest[word["type"], word["subject"], word["key"]] = word  # one as_of, so what came later is newer
    last = account.standing()
    for fact, said in last.items():
        heard = newest.get(fact)
        data = (heard or {}).get("data") or {}
        if heard is None:
            verdict.say(f"lost: nothing was heard of {fact}")
        elif any(str(data.get(name)) != value for name, value in said.tells):
            verdict.say(f"{fact}: said last was {dict(said.tells)}, heard last was {data}")
    unknown = [fact for fact in newest if fact not in last and ".sending." not in fact[0] and fact[0][:7] != "alerts."]
    if unknown:
        verdict.say(f"{len(unknown)} facts nobody has stated, e.g. {unknown[0]}")


# --------------------------------------------------------------------------------------------------- numbers and topics


def _numbers(town: Town, verdict: Verdict) -> None:
    """Every department's numbers run from 1 without gaps: in its outbox, on its topic, and in what was heard."""
    heard = town.ledger().county(COUNTY.code)
    if heard.missing:
        verdict.say(f"numbers that never came: {heard.missing}")
    for department in town.departments:
        engine = create_engine(town.postgres.url(department))
        with engine.connect() as connection:
            row = connection.execute(select(_NUMBER).where(_NUMBER.c.county == COUNTY.code)).mappings().one_or_none()
            rows, first, last = connection.execute(
                text("SELECT count(*), min(seq), max(seq) FROM outbox WHERE county = :county"), {"county": COUNTY.code}
            ).one()
        engine.dispose()
        given = row["last"] if row else 0
        if rows and (rows, first, last) != (given, 1, given):
            verdict.say(f"{department}: {given} numbers given, the outbox holds {rows} from {first} to {last}")
        if heard.seqs.get(department, 0) != given:
            verdict.say(f"{department}: {given} numbers given, heard up to {heard.seqs.get(department, 0)}")
        _topic(town, FACT_TOPICS[department], given, verdict)


def _topic(town: Town, topic: str, last: int, verdict: Verdict) -> None:
    """A topic's numbers: each of 1 to `last` is there, and none comes before the one before it was there."""
    reached = 0
    for value in read_all(town, topic):
        found = SEQ.search(value) if WORD in value else None  # anything else was put there to poison it
        number = int(found[1]) if found else 0
        if number > reached + 1:
            verdict.say(f"{topic}: {number} comes after {reached}")
        reached = max(reached, number)
    if reached != last:
        verdict.say(f"{topic} ends with number {reached}, given were {last}")


def read_all(town: Town, topic: str) -> Iterator[bytes]:
    """Every value of the county's partition of a topic."""
    at = 0
    while True:
        batch = town.log.read(topic, PARTITION, at, 20_000)
        yield from (record.value for record in batch.records)
        if batch.next == at:
            return
        at = batch.next


# --------------------------------------------------------------------------------------------------------------- alerts


def _alerts(town: Town, words: Sequence[Word], day: date, verdict: Verdict) -> None:
    lines = list(town.lines_of("alerts", suppressed="true"))
    verdict.figures["alerts"] = len(lines)
    wrong = differences(standing_alerts(words, day), lines)
    for sentence in wrong[:20]:
        verdict.say(f"oracle: {sentence}")
    if len(wrong) > 20:
        verdict.say(f"oracle: {len(wrong) - 20} differences more")
    _history(town, {(line["subject"], line["rule"]) for line in lines}, verdict)


def _history(town: Town, standing: set[tuple[str, str]], verdict: Verdict) -> None:
    """Changes of an alert alternate as they must, end with what stands, and each was said once in its order."""
    histories: dict[tuple[str, str], list[str]] = defaultdict(list)
    with town.engine.connect() as connection:
        changes = connection.execute(select(_CHANGES).order_by(_CHANGES.c.place)).all()
        outbox = connection.execute(text("SELECT value FROM outbox ORDER BY place")).scalars().all()
    for change in changes:
        histories[change.subject, change.rule].append(change.kind)
    for alert, kinds in histories.items():
        stands = False
        for kind in kinds:
            if (kind == "raised") == stands:
                verdict.say(f"double: {alert} changes as {kinds}")
                break
            stands = kind not in ("withdrawn", "lapsed", "superseded")
        if stands != (alert in standing):
            verdict.say(
                f"{alert}: its history is {kinds}, but it {'stands' if alert in standing else 'does not stand'}"
            )
    verdict.figures["alert changes"] = len(changes)
    values = [bytes(value) for value in outbox]
    wait_for(lambda: not town.store.unpublished(COUNTY.code, 1), "the alerts outbox", 60)
    said = list(dict.fromkeys(read_all(town, ALERTS_TOPIC)))
    if said != values:
        verdict.say(
            f"the alerts topic holds {len(said)} different words, the outbox {len(values)}, or in another order"
        )


# --------------------------------------------------------------------------------------------------------------- replay


def _replay(town: Town, words: int, verdict: Verdict) -> None:
    """Everything sent once more adds nothing."""
    before = snapshot(town)
    ends = town.log.ends(list(FACT_TOPICS.values()), PARTITION)
    for department in town.departments:
        resend(town, department)
    wait_for(_read_on(town, ends), "the replay read", 300)
    settle(town, town.departments)
    after = snapshot(town)
    for name, count in before.items():
        if after[name] != count:
            verdict.say(f"R2: a full replay changed {name} from {count} to {after[name]} ({words} words)")


def _read_on(town: Town, ends: Mapping[str, int]) -> Callable[[], bool]:
    topics = [FACT_TOPICS[department] for department in town.departments]

    def read_on() -> bool:
        now = town.log.ends(topics, PARTITION)
        ledger = town.ledger()
        return all(now[topic] > ends[topic] and ledger.next_of(topic) == now[topic] for topic in topics)

    return read_on


def resend(town: Town, department: str, seq: int = 1) -> None:
    """Have a department send again everything from a number on."""
    url = f"{town.door(department)}/v1/resend"
    town.http.post(url, params={"county": COUNTY.code, "from": str(seq)}).raise_for_status()


def snapshot(town: Town) -> dict[str, Any]:
    """What a replay must not change."""
    counted = ("words", "facts", "alert_changes", "outbox", "letters", "lists")
    with town.engine.connect() as connection:
        found: dict[str, Any] = {
            name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()  # noqa: S608  our own names
            for name in counted
        }
        alerts = connection.execute(text("SELECT subject, rule, standing, level, evidence FROM alerts ORDER BY 1, 2"))
        found["alerts"] = hash(json.dumps([list(row) for row in alerts]))
    return found
