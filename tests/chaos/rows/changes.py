"""T17 to T19: files whose columns drift, a rulebook that changes under way, an upgrade with words in flight."""

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from services.alerts.worker.county import RULEBOOK_TYPE
from tests.chaos.county import PretendCounty, Somebody
from tests.chaos.judge import Verdict
from tests.chaos.mixed import Flow
from tests.chaos.rows.disks import NotHere
from tests.chaos.rows.scene import Notes, Scale, play
from tests.chaos.servers import wait_for
from tests.chaos.town import COUNTY, FIRST_DAY, ROOT, Town, town

FIRST_ISSUE: Final = "c1c96d3"
"""The last commit of the thin slice: what the oldest installations run."""
RULEBOOK: Final = ROOT / "services" / "alerts" / "rulebook"


def t17(scale: Scale) -> Verdict:
    """A list whose columns are renamed, added, moved, gone, whose unit is another: named or held, never applied."""
    verdict = Verdict()
    with town(("health",), code=scale.code, keep=scale.keep) as place:
        people = PretendCounty(COUNTY.code, scale.seed, 40, place.ring.identity(COUNTY.code)).people
        sent = _Lists(place)
        good = sent.list(_lines(people, "个人自付"))
        _expect(verdict, "a good list", good, state="done", accepted=len(people))
        turned = sent.list(_lines(people, "个人自付", turned=True))
        _expect(verdict, "columns in another order", turned, state="done")
        more = sent.list(_lines(people, "个人自付", more="备注"))
        _expect(verdict, "a column more", more, state="done", columns_dropped=["备注"])
        renamed = sent.list(_lines(people, "个人自付", id_="证件"))
        _expect(verdict, "the ID column renamed", renamed, state="refused")
        _expect(verdict, "a column gone", sent.list(_lines(people, "")), state="held")
        unit = sent.list(_lines(people, "个人自付", factor=0.0001))
        _expect(verdict, "元 said as 万元", unit, state="held")
        words = [word for word in place.lines_of("words") if word["type"].startswith("health.self_paid")]
        if len(words) != len(people):
            verdict.say(f"{len(words)} words stand, only the {len(people)} of the first list may")
    verdict.figures = {"lists": 6, "words": len(words)}
    return verdict


class _Lists:
    """Sends files of one department and waits for their receipts."""

    def __init__(self, place: Town) -> None:
        self._place, self._key = place, place.issue("health")

    def list(self, content: bytes) -> dict[str, Any]:
        """The receipt of one file, or the problem it was refused with as one."""
        door, headers = self._place.door("health"), {"Authorization": f"Bearer {self._key}"}
        answer = self._place.http.post(
            f"{door}/v1/feeds/self_paid_year/files", files={"file": ("list.csv", content)}, headers=headers,
            params={"as_of": FIRST_DAY.isoformat()},
        )  # fmt: skip
        if not answer.is_success:
            return {"state": "refused", **answer.json()}
        receipt: dict[str, Any] = {}

        def done() -> bool:
            url = f"{door}/v1/receipts/{answer.json()['receipt']}"
            receipt.update(self._place.http.get(url, headers=headers).raise_for_status().json())
            return bool(receipt["state"] != "working")

        wait_for(done, "a receipt")
        return receipt


def _lines(
    people: list[Somebody], paid: str, *, id_: str = "身份证号", more: str = "", turned: bool = False,
    factor: float = 1.0,
) -> bytes:  # fmt: skip
    """A list as CSV; every call says the same amounts, in their unit."""
    names = ["姓名", id_, "年度", "医疗总费用", *([paid] if paid else []), *([more] if more else [])]
    rows = [names]
    for number, person in enumerate(people):
        amount = f"{(9_000 + number) * factor:.4f}".rstrip("0").rstrip(".")
        cells = [person.name, person.number, "2026", amount, *([amount] if paid else []), *(["无"] if more else [])]
        rows.append(cells)
    return "\r\n".join(",".join(reversed(row) if turned else row) for row in rows).encode()


def _expect(verdict: Verdict, what: str, receipt: dict[str, Any], **expected: Any) -> None:
    got = {name: receipt.get(name) for name in expected}
    if got != expected:
        verdict.say(f"{what}: {got}, expected {expected}; {str(receipt)[:300]}")


def t18(scale: Scale) -> Verdict:
    """A threshold raised under way and put back: each is an entry of the county's order, the end is plain."""

    def disturb(town: Town, flow: Flow, notes: Notes) -> None:
        for text in (_edited(before), before):
            (folder / "parameters.toml").write_text(text, encoding="utf-8")
            town["worker-1"].kill()
            notes.waits.append(flow.pulse.first_word(time.monotonic()))
            time.sleep(6)
        entered = [word for word in town.lines_of("words") if word["type"] == RULEBOOK_TYPE]
        notes.figures["rulebooks entered"] = len(entered)
        if len(entered) != 3 or entered[0]["key"] != entered[2]["key"] or entered[0]["key"] == entered[1]["key"]:
            notes.wrong.append(f"rulebooks entered: {[word['key'] for word in entered]}, not one, another, the first")

    with tempfile.TemporaryDirectory(prefix="shouwang-rulebook-") as made:
        folder = Path(made) / "rulebook"
        shutil.copytree(RULEBOOK, folder)
        before = (folder / "parameters.toml").read_text(encoding="utf-8")
        return play(scale, disturb, how={"settings": {"SHOUWANG_RULEBOOK": str(folder)}})


def _edited(parameters: str) -> str:
    """The same parameters with a first amount a hundred higher."""
    edited, times = re.subn(r"(?m)(= *\[?[^\n]*?)\b(20_?000)\b", r"\g<1>20_100", parameters, count=1)
    if not times:
        raise NotHere("parameters.toml holds no 20000 to raise")
    return edited


def t19(scale: Scale) -> Verdict:
    """The first issue's code at work, then today's over its databases and topics, with words in flight."""

    def disturb(town: Town, flow: Flow, notes: Notes) -> None:
        time.sleep(8)
        notes.figures["words before the upgrade"] = town.ledger().county(COUNTY.code).words
        town["worker-1"].stop()  # so that words are in flight
        time.sleep(3)
        town.run_from(ROOT)
        notes.waits.append(flow.pulse.first_word(time.monotonic()))
        time.sleep(5)
        if not notes.figures["words before the upgrade"]:
            notes.wrong.append("nothing was heard before the upgrade: the scenario has shown nothing")

    with _tree(FIRST_ISSUE) as old:
        return play(scale, disturb, how={"code": old})


@contextmanager
def _tree(commit: str) -> Iterator[Path]:
    """The source tree of an older commit."""
    folder = Path(tempfile.mkdtemp(prefix="shouwang-old-"))
    made = subprocess.run(
        ["git", "-C", str(ROOT), "worktree", "add", "--detach", "--force", str(folder / "tree"), commit],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    try:
        if made.returncode:
            raise NotHere(f"this checkout does not hold {commit}: {made.stderr.strip()[-120:]}")
        yield folder / "tree"
    finally:
        subprocess.run(
            ["git", "-C", str(ROOT), "worktree", "remove", "--force", str(folder / "tree")], check=False,
            capture_output=True,
        )  # fmt: skip
        shutil.rmtree(folder, ignore_errors=True)
