"""Bureaus that go on sending over HTTP as good clients do, and the account of what was acknowledged to them."""

import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle, islice

import httpx

from tests.chaos.county import FEEDS, Fact, PretendCounty, Said
from tests.chaos.proxy import Line
from tests.chaos.town import FIRST_DAY, Town

PATIENCE: float = 15.0
"""Seconds a bureau's client waits for an answer before it asks again with the same Idempotency-Key."""
LONGEST_PAUSE: float = 2.0
"""A Retry-After is heeded, but no longer than so: a suite has less time than a bureau."""
BEHIND: float = 3.0
"""Seconds of sending a bureau makes up for after it could not send."""
NOT_NOW = (429, 503, 507)


@dataclass(slots=True)
class Push:
    """One sending, and what was answered to it."""

    department: str
    feed: str
    rows: list[Said]
    key: str = field(default_factory=lambda: uuid.uuid4().hex)
    receipt: str = ""
    answers: list[int] = field(default_factory=list)
    """Statuses in the order they came; 0 for none."""
    receipts: set[str] = field(default_factory=set)
    slowest: float = 0.0
    """Seconds the slowest of its answers took."""


@dataclass
class Account:
    """Everything that was acknowledged, in the order it was."""

    pushes: list[Push] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    """Answers no client should ever get."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, push: Push) -> None:
        """A push has its receipt."""
        with self.lock:
            self.pushes.append(push)
            self.statuses.update(push.answers)
            if len(push.receipts) > 1:
                self.wrong.append(f"{push.department}: one Idempotency-Key, two receipts: {sorted(push.receipts)}")

    @property
    def rows(self) -> int:
        """Records acknowledged so far."""
        return sum(len(push.rows) for push in self.pushes)

    def standing(self) -> dict[Fact, Said]:
        """Of every fact what was said last, and had not been said of it before.

        A 新增 row with content and `as_of` of one already stated is that statement again (docs/feeds.md, "Repeats").
        """
        last: dict[Fact, Said] = {}
        before: set[tuple[Fact, str]] = set()
        for push in self.pushes:
            for said in push.rows:
                content = (said.fact, json.dumps(said.row, sort_keys=True))
                if content not in before:
                    before.add(content)
                    last[said.fact] = said
        return last

    def of(self, department: str) -> list[Push]:
        """What one department was acknowledged, in order."""
        return [push for push in self.pushes if push.department == department]


class Bureau:
    """One department's sender: push after push, each until it is answered 202, at an even rate."""

    def __init__(
        self, town: Town, account: Account, county: PretendCounty, department: str, *, rows_a_second: float,
        rows_a_push: int = 200, line: Line | None = None,
    ) -> None:  # fmt: skip
        self.town, self.account, self.department, self.line = town, account, department, line
        self._every, self._size = rows_a_push / rows_a_second, rows_a_push
        self._sayings = {feed: county.rows(feed) for feed in FEEDS[department]}
        self._turns = self._order(county)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"bureau-{department}", daemon=True)
        self._client = httpx.Client(timeout=PATIENCE, trust_env=False)
        self._headers = {"Authorization": f"Bearer {town.issue(department)}", "Content-Type": "application/json"}

    def _order(self, county: PretendCounty) -> Iterator[str]:
        """The whole roster before anything else, then feed after feed."""
        if self.department == "civil_affairs":
            yield from ["household_member"] * -(-len(county.people) // self._size)
        yield from cycle(FEEDS[self.department])

    def start(self) -> "Bureau":
        """Begin to send."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Send no more; the push under way is seen through."""
        self._end.set()
        self._thread.join()
        self._client.close()

    def next(self) -> Push:
        """What will be said next."""
        feed = next(self._turns)
        # Of one fact at most one row: what a sending says of it first is overtaken by what it says last.
        rows: dict[Fact, Said] = {}
        for said in islice(self._sayings[feed], self._size):
            rows.setdefault(said.fact, said)
        return Push(self.department, feed, list(rows.values()))

    def say(self, push: Push, *, tries: int = 0) -> Push:
        """Say it until it is taken (or so many times), and note it."""
        body = json.dumps({"records": [said.row for said in push.rows]}, ensure_ascii=False).encode()
        while not push.receipt and (not tries or len(push.answers) < tries):
            pause = self._once(push, body)
            if not push.receipt:
                time.sleep(pause)
        if push.receipt:
            self.account.note(push)
        return push

    def again(self, push: Push) -> None:
        """Say a push that was taken once more, as a client does that lost the answer."""
        push.receipt = ""
        body = json.dumps({"records": [said.row for said in push.rows]}, ensure_ascii=False).encode()
        while not push.receipt:
            time.sleep(0 if self._once(push, body) == 0 else 0.5)

    def _once(self, push: Push, body: bytes) -> float:
        """Try once; returns how long to wait before the next try."""
        url = f"{self.town.door(self.department, self.line)}/v1/feeds/{push.feed}/records"
        began = time.monotonic()
        try:
            answer = self._client.post(
                url, content=body, headers={**self._headers, "Idempotency-Key": push.key},
                params={"as_of": FIRST_DAY.isoformat()},
            )  # fmt: skip
        except httpx.TransportError:
            push.answers.append(0)
            return 0.3
        push.slowest = max(push.slowest, time.monotonic() - began)
        push.answers.append(answer.status_code)
        if answer.status_code == httpx.codes.ACCEPTED:
            push.receipt = answer.json()["receipt"]
            push.receipts.add(push.receipt)
            return 0.0
        if answer.status_code not in NOT_NOW:
            self._refused(push, answer)
        if answer.status_code in NOT_NOW and "Retry-After" not in answer.headers:
            self._refused(push, answer, "without Retry-After")
        return min(float(answer.headers.get("Retry-After", 1)), LONGEST_PAUSE)

    def _refused(self, push: Push, answer: httpx.Response, more: str = "") -> None:
        with self.account.lock:
            self.account.wrong.append(f"{self.department}/{push.feed}: {answer.status_code} {answer.text[:200]} {more}")

    def _run(self) -> None:
        due = time.monotonic()
        while not self._end.is_set():
            self.say(self.next())
            due = max(due + self._every, time.monotonic() - BEHIND)
            self._end.wait(max(0.0, due - time.monotonic()))
