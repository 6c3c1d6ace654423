"""Opening a county: an entry in the county's own order that says from which day alerts make cases, and who said so."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Final

from contracts.topics import partition_of
from contracts.vocabulary import Op
from services.alerts.store import Store
from services.alerts.store.ledger import Ledger, Moved, Opening, read_ledger
from services.alerts.store.rows import place_in
from services.alerts.store.writing import Effects, commit
from shouwang.kit.audit import Audit
from shouwang.kit.clock import Clock
from shouwang.kit.counties import County

OPENING_TYPE: Final = "alerts.opening.v1"


class NotOpened(ValueError):
    """A county cannot be opened so; the message is one Chinese sentence."""


def open_county(
    store: Store, audit: Audit, clock: Clock, counties: Mapping[str, County], county: str, opening: Opening
) -> None:
    """Enter an opening, newest counts; raises NotOpened. It passes the same fence as the worker's batches."""
    if county not in counties:
        raise NotOpened(f"没有这个县：{county}；见 counties.toml")
    if opening.on < clock.today(county):
        raise NotOpened(f"开县日期不能早于今天（{clock.today(county)}）")
    if opening.budget < 1:
        raise NotOpened("每乡镇每天至少放 1 件存量")
    partition = partition_of(counties[county].number)
    while True:
        try:
            with store.writes() as connection:
                ledger = read_ledger(connection, partition)
                _enter(ledger, county, opening, clock.today(county), effects := Effects())
                commit(connection, ledger, effects)
                said = f"{opening.on} {opening.budget}"
                audit.append(
                    connection, actor=opening.by, action="county.open", object_=county, reason="open", result=said
                )
        except Moved:  # the worker was first: read again
            continue
        return


def _enter(ledger: Ledger, code: str, opening: Opening, today: date, effects: Effects) -> None:
    county = ledger.county(code)
    county.words += 1
    county.opening = opening
    key, day = opening.on.isoformat(), (county.day or today).isoformat()
    data = json.dumps({"opens_on": key, "budget": opening.budget, "by": opening.by}, ensure_ascii=False)
    effects.words.append(
        (place_in(code, county.words), OPENING_TYPE, code, key, Op.STATE.value, day, opening.at.isoformat(), 0,
         f"{OPENING_TYPE}:{key}:{opening.budget}", "", data)
    )  # fmt: skip
