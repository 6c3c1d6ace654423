"""Tells the three households' year in Chinese, out of alerts, evidence and receipts, as somebody at that desk would."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from contracts.catalogue import TITLES as BUREAUS
from shouwang.demo.delivery import Delivered
from shouwang.demo.diary import Alert, Page, Turn
from shouwang.demo.exports import TITLES
from shouwang.demo.stories import Story

LEVELS = {"red": "红", "orange": "橙", "yellow": "黄"}
RANK = {"yellow": 1, "orange": 2, "red": 3}
NUMERALS = "一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class Teller:
    """Knows the rules' titles and who is behind a reference; the rest is in the diary."""

    rules: Mapping[str, str]
    """Rule id → title."""
    people: Mapping[str, str]
    """Reference → name, of the told households only."""

    def tell(self, number: int, story: Story, page: Page, today: date) -> Iterator[str]:
        """One household's story, line by line."""
        home = story.home
        yield f"{NUMERALS[number]}、{home.head.name}家（户编号 {home.code}，{len(home.people)}口人）：{story.title}"
        for turn in page.turns:
            yield from self._day(number, turn)
        yield from self._now(page, today)

    def _day(self, number: int, turn: Turn) -> Iterator[str]:
        said = [*self._files(number, turn), *self._changes(turn)]
        if said:
            yield f"  {_day(turn.day)}　{said[0]}"
            yield from (f"              {line}" for line in said[1:])

    def _files(self, number: int, turn: Turn) -> Iterator[str]:
        for one in turn.files:
            yield from _file(number, one)
        if turn.files and not turn.after and not turn.before and turn.waiting:
            yield f"名册里还没有这户人家：事实记为待关联（全县 {turn.waiting} 条），没有丢，等名册。"

    def _changes(self, turn: Turn) -> Iterator[str]:
        for rule, alert in sorted(turn.after.items(), key=lambda item: -RANK[item[1]["level"]]):
            before = turn.before.get(rule)
            if before is None:
                yield f"提出预警〔{LEVELS[alert['level']]}〕{self._title(rule)}：{self._evidence(alert)}"
            elif before["level"] != alert["level"]:
                rises = RANK[alert["level"]] > RANK[before["level"]]
                verb = "升为" if rises else "降为"
                yield f"{self._title(rule)}{verb}〔{LEVELS[alert['level']]}〕：{self._evidence(alert)}"
        gone = [rule for rule in turn.before if rule not in turn.after]
        if gone:
            why = "事实已更正" if any("更正" in one.sending.trouble for one in turn.files) else "依据不再成立"
            yield f"{why}，预警自动撤下：{'、'.join(self._title(rule) for rule in gone)}"

    def _now(self, page: Page, today: date) -> Iterator[str]:
        if not page.standing:
            yield f"  {_day(today)}　现在没有预警。"
            return
        worst = max(page.standing.values(), key=lambda alert: RANK[alert["level"]])
        names = "、".join(f"{self._title(rule)}〔{LEVELS[a['level']]}〕" for rule, a in page.standing.items())
        yield f"  {_day(today)}　现有 {len(page.standing)} 条预警：{names}。"
        yield f"              最重的一条自{_day(worst['raised_on'])}起：{self._evidence(worst)}"
        if worst["cannot_tell"]:
            yield f"              尚不能判断：{'、'.join(worst['cannot_tell'])}。"

    def _evidence(self, alert: Alert) -> str:
        return "；".join(
            f"{self.people.get(signal['subject'], '全户')}——{signal['says']}"
            f"（{BUREAUS.get(signal['department'], signal['department'])}）"
            for signal in alert["signals"]
        )

    def _title(self, rule: str) -> str:
        return self.rules.get(rule, rule)


def _file(number: int, one: Delivered) -> Iterator[str]:
    sending, receipt = one.sending, one.receipt
    bureau, title = BUREAUS[sending.department], TITLES[sending.feed]
    slip = [line for story, line in sending.slips if story == number]
    unread = [row for row in receipt.get("rows") or () if row["line"] in slip]
    if unread:
        yield f"{bureau}报来{title}，第{unread[0]['line']}行读不出（{unread[0]['hint']}）；"
        yield f"没有当作“名单上没有此人”：之前的说法照旧，标为存疑 {receipt.get('doubtful', 0)} 条。"
    elif sending.trouble == "更正":
        yield f"{bureau}发来更正，采用 {receipt.get('accepted', 0)} 条。"
    else:
        yield f"{bureau}报来{title}（收到 {receipt.get('received', 0)} 行，采用 {receipt.get('accepted', 0)} 行）。"


def _day(day: date | str) -> str:
    return day if isinstance(day, str) else day.isoformat()
