"""How empty the columns of a sending are; from a sample, because it is a hint and must cost nothing."""

import json
from collections.abc import Iterable
from typing import Final

from contracts.facts import Fact

SAMPLE: Final = 2_000
"""Rows looked at, at least: a share of a fifth is then known to within two hundredths, in under 10 ms."""


class Sample:
    """Some of the rows of a sending, taken evenly over it however long it turns out to be."""

    def __init__(self) -> None:
        self.contents: list[str] = []
        self._step, self._seen = 1, 0

    def look(self, content: str) -> None:
        """Look at the next row: the fact it states as JSON; empty where it states none."""
        if self._seen % self._step == 0:
            self.contents.append(content)
            if len(self.contents) >= 2 * SAMPLE:
                del self.contents[1::2]
                self._step *= 2
        self._seen += 1


def emptiness(fact: type[Fact], contents: Iterable[str]) -> dict[str, int]:
    """Per field of the fact the percentage of stated rows that leave it out."""
    stated = [json.loads(content) for content in contents if content]
    if not stated:
        return {}
    return {name: round(100 * sum(name not in one for one in stated) / len(stated)) for name in fact.model_fields}
