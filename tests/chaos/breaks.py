"""Deliberate breaks: copies of the code with one promise broken each. A suite that misses them is no suite."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tests.chaos.judge import Verdict
from tests.chaos.rows import crashes, streams, takeover
from tests.chaos.rows.scene import Scale
from tests.chaos.town import ROOT

PATIENCE: Final = 60.0
"""Seconds after which a broken copy that never comes to rest is found out."""


class NoLonger(Exception):
    """The text a break replaces is no longer there: the break must be written anew."""


@dataclass(frozen=True, slots=True)
class Break:
    """One promise broken: in these files these texts are replaced; `row` is the scenario that has to find it."""

    promise: str
    edits: tuple[tuple[str, str, str], ...]
    row: Callable[[Scale], Verdict]


BREAKS: Final = {
    "answer": Break(
        "202 is answered before the inbox has committed",
        (
            (
                "shouwang/kit/adapter/receive.py",
                "    return inbox.take(spool, caller, asked)\n\n\ndef _lines",
                """    import threading

    threading.Timer(1.0, inbox.take, (spool, caller, asked)).start()
    return spool.receipt


def _lines""",
            ),
            (
                "shouwang/kit/adapter/receive.py",
                "said: dict[str, Any] = await run_sync(self.receipts.show, receipt, caller.county)",
                'said: dict[str, Any] = {"receipt": receipt}',
            ),
        ),
        crashes.t2,
    ),
    "fence": Break(
        "the ledger's version is not compared: a worker that was taken over from writes on",
        (
            (
                "services/alerts/store/ledger.py",
                ".where(LEDGER.c.partition == ledger.partition, LEDGER.c.version == found)",
                ".where(LEDGER.c.partition == ledger.partition)",
            ),
        ),
        takeover.t6,
    ),
    "mark": Break(
        "words are marked as sent before the log has acknowledged them",
        (
            ("shouwang/kit/adapter/relay.py", "            self._mark(county, sent, rows[-1].seq)\n", ""),
            (
                "shouwang/kit/adapter/relay.py",
                "            self._log.send([Outgoing(",
                "            self._mark(county, sent, rows[-1].seq)\n            self._log.send([Outgoing(",
            ),
        ),
        crashes.t4,
    ),
    "numbers": Break(
        "a number that was heard before is taken again",
        (
            (
                "services/alerts/worker/numbers.py",
                "        return _fill(county, department, seq)",
                "        return True",
            ),
        ),
        streams.t13,
    ),
    "threshold": Break(
        "a threshold is another than the rulebook's sources say",
        (("services/alerts/rulebook/parameters.toml", "value      = 20000\n", "value      = 21000\n"),),
        crashes.t1,
    ),
}


def try_break(name: str, scale: Scale) -> Verdict:
    """What the scenario finds in the broken copy."""
    broken = BREAKS[name]
    with _broken(broken) as code:
        return broken.row(replace(scale, code=code, patience=PATIENCE))


@contextmanager
def _broken(broken: Break) -> Iterator[Path]:
    """A copy of the source tree with the edits of a break."""
    folder = Path(tempfile.mkdtemp(prefix="shouwang-broken-"))
    try:
        listed = subprocess.run(
            ["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard"],
            capture_output=True,
            text=True,
            check=True,
        )
        for name in listed.stdout.splitlines():
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, folder / name)
        for name, old, new in broken.edits:
            text = (folder / name).read_text(encoding="utf-8")
            if old not in text:
                raise NoLonger(f"{name} no longer holds {old!r}")
            (folder / name).write_text(text.replace(old, new), encoding="utf-8")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
