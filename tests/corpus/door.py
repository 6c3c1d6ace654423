"""A bureau's door that files are sent to, and what is looked at in the answer."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from io import StringIO
from random import Random
from typing import Any

from tests.corpus import people
from tests.doors import Office

HEAD = ["姓名", "身份证号", "台账编号", "状态", "发现日期"]


@dataclass
class Roll:
    """Rows of the 疑似辍学台账 for people of a file's own."""

    seed: str
    size: int = 3
    rows: list[list[Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        rng = Random(self.seed)
        for n in range(self.size):
            self.rows.append([people.name(rng), people.number(rng), f"{self.seed}-{n}", "已辍学", "2026-06-01"])

    @property
    def table(self) -> list[list[Any]]:
        """The heading and the rows."""
        return [HEAD, *self.rows]

    def changed(self, row: int, place: int, cell: object) -> "Roll":
        """The same with another cell."""
        self.rows[row][place] = cell
        return self


def text(rows: Iterable[Sequence[object]], delimiter: str = ",") -> str:
    """As spreadsheets write text."""
    out = StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


def answer(office: Office, name: str, content: bytes, feed: str = "school_absence", **asked: str) -> dict[str, Any]:
    """The receipt of a file, settled; a refusal at the door in the same words."""
    said = office.file(feed, name, content, **asked)
    if said.status_code != 202:
        problem = said.json()
        assert said.headers["content-type"] == "application/problem+json"
        return {
            "state": "refused",
            "status": said.status_code,
            "rows": [{"reason": problem["code"], "hint": problem["detail"]}],
        }
    return office.settled(said)


def refused(office: Office, name: str, content: bytes, feed: str = "school_absence") -> tuple[str, str]:
    """Why a file was refused and what to do, in Chinese."""
    receipt = answer(office, name, content, feed)
    assert receipt["state"] == "refused", receipt
    first = receipt["rows"][0]
    assert any("\u4e00" <= char <= "\u9fff" for char in first["hint"])
    return first["reason"], first["hint"]


def counts(receipt: dict[str, Any]) -> tuple[str, int, int, int]:
    """State, received, accepted, rejected; and the sum holds."""
    parts = ("accepted", "unchanged", "superseded", "duplicate", "rejected")
    if receipt["state"] == "done":
        assert receipt["received"] == sum(receipt[part] for part in parts)
    return receipt["state"], receipt["received"], receipt["accepted"], receipt["rejected"]


def reasons(receipt: dict[str, Any]) -> list[tuple[int, str, str]]:
    """Line, column and reason of every rejected row."""
    return [(row["line"], row["column"], row["reason"]) for row in receipt["rows"]]


def warned(receipt: dict[str, Any]) -> list[tuple[int, str]]:
    """Line and reason of every warning."""
    return [(one["line"], one["reason"]) for one in receipt["warnings"]]
