"""The page the demo leaves behind: the stories and every standing alert, one static file."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shouwang.demo.delivery import Delivered
from shouwang.demo.diary import Alert
from shouwang.demo.tell import LEVELS, RANK

HERE: Final = Path(__file__).parent
COUNTS: Final = ("received", "accepted", "unchanged", "superseded", "duplicate", "rejected")


def totals(delivered: Iterable[Delivered]) -> Counter[str]:
    """What the receipts add up to, and how many files were held or refused as a whole."""
    found: Counter[str] = Counter(dict.fromkeys((*COUNTS, "files", "held", "refused"), 0))
    for one in delivered:
        found["files"] += 1
        found["held"] += one.held is not None
        found["refused"] += one.receipt["state"] == "refused"
        if one.receipt["state"] == "done":
            found.update({name: one.receipt[name] for name in COUNTS})
    return found


def worst_first(alerts: Iterable[Alert]) -> list[Alert]:
    """Red before orange before yellow, then by village and household."""
    return sorted(alerts, key=lambda a: (-RANK[a["level"]], a["village"], a["subject"], a["rule"]))


def write_page(
    file: Path,
    *,
    county: str,
    today: date,
    households: int,
    people: int,
    counted: Mapping[str, int],
    stories: Sequence[str],
    alerts: Iterable[Alert],
    rules: Mapping[str, str],
) -> None:
    """Write the page to `file`."""
    environment = Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined)
    text = environment.get_template("page.html").render(
        county=county,
        today=today,
        households=households,
        people=people,
        totals=counted,
        stories=stories,
        alerts=worst_first(alerts),
        levels=LEVELS,
        rules=rules,
    )
    file.write_text(text, encoding="utf-8")
