"""How empty the columns of a sending are; from a sample, because it is a hint and must cost nothing."""

import json
from collections.abc import Sequence
from typing import Final

from contracts.facts import Fact
from shouwang.kit.adapter.sending import Row

SAMPLE: Final = 2_000
"""Rows looked at: a share of a fifth is then known to within two hundredths, in under 10 ms."""


def emptiness(fact: type[Fact], rows: Sequence[Row]) -> dict[str, int]:
    """Per field of the fact the percentage of stated rows that leave it out; rows taken evenly over the sending."""
    step = max(1, len(rows) // SAMPLE)
    stated = [json.loads(row.content) for row in rows[::step] if row.content]
    if not stated:
        return {}
    return {name: round(100 * sum(name not in one for one in stated) / len(stated)) for name in fact.model_fields}
