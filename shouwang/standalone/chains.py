"""The audit chains of an installation: whether each is whole, and whose data an account saw."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from contracts.catalogue import DEPARTMENTS
from shouwang.kit.audit import SEEN, TABLE, Verified
from shouwang.kit.checkpoints import CheckpointBroken
from shouwang.standalone.installation import Installation

VIEWS: Final = ("vault", "alerts")
"""Where somebody's data is shown; adapters show bureaus what the bureaus sent."""
CHAINS: Final = (*DEPARTMENTS, *VIEWS)


@dataclass(frozen=True, slots=True)
class Look:
    """One act that showed an account somebody's data."""

    at: str
    chain: str
    action: str
    ref: str
    reason: str


def verify(installation: Installation) -> Iterator[tuple[str, Verified]]:
    """Every chain by name, gone through whole and against its checkpoints; reads the databases, needs no service."""
    keys = installation.keys()
    for name in CHAINS:
        engine = installation.database(name)
        try:
            with engine.connect() as connection:
                yield name, installation.audit(name, keys).verify(connection)
        except CheckpointBroken as broken:
            yield name, Verified(0, 0, str(broken))
        finally:
            engine.dispose()


def looks(installation: Installation, account: str, since: datetime, until: datetime) -> Iterator[Look]:
    """Whose data an account saw in a time, in order per chain."""
    chosen = (
        sa.select(TABLE.c.at, TABLE.c.action, SEEN.c.ref, TABLE.c.reason)
        .join(SEEN, SEEN.c.seq == TABLE.c.seq)
        .where(TABLE.c.actor == account, TABLE.c.at >= since.isoformat(), TABLE.c.at < until.isoformat())
        .order_by(TABLE.c.seq, SEEN.c.ref)
    )
    for name in VIEWS:
        engine = installation.database(name)
        with engine.connect() as connection:
            for row in connection.execution_options(yield_per=10_000).execute(chosen):
                yield Look(row.at, name, row.action, row.ref, row.reason)
        engine.dispose()
