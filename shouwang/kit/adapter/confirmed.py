"""Numbers ending in 000: about one real one in 1,100 does, so an officer may confirm one from its rejected row."""

from collections.abc import Container
from contextlib import closing

from sqlalchemy import Connection, Engine, RowMapping, delete, insert, select

from shouwang.kit.adapter.auth import Caller
from shouwang.kit.adapter.cells import person_of
from shouwang.kit.adapter.declaration import Adapter, Feed
from shouwang.kit.adapter.files import FileReader
from shouwang.kit.adapter.headers import find_header
from shouwang.kit.adapter.opened import opened
from shouwang.kit.adapter.reasons import Unreadable
from shouwang.kit.adapter.receipts import find
from shouwang.kit.adapter.sending import Trouble
from shouwang.kit.adapter.table import Cell, Table
from shouwang.kit.adapter.tables import ConfirmedRow, NoteRow, table_of
from shouwang.kit.database import reading
from shouwang.kit.keys import KeyRing, SealBroken
from shouwang.kit.problems import Problem
from shouwang.kit.sheets import Refused

_CONFIRMED, _NOTE = table_of(ConfirmedRow), table_of(NoteRow)


class _Every(Container[str]):
    def __contains__(self, _number: object) -> bool:
        return True


class Numbers:
    """Confirms numbers; only a keyed hash of them is kept."""

    def __init__(self, adapter: Adapter, engine: Engine, keyring: KeyRing) -> None:
        self._adapter, self._engine, self._keyring = adapter, engine, keyring

    def digest(self, receipt: str, line: int, caller: Caller) -> str:
        """The keyed hash of the number that a receipt rejected on this line.

        Raises Problem 404 for no such rejected row, 409 when the number is wrong for another reason or is gone.
        """
        with reading(self._engine).connect() as connection:
            row = find(connection, receipt, caller.county)
            rejected = connection.execute(
                select(_NOTE.c.id).where(
                    _NOTE.c.sending_id == row["id"], _NOTE.c.line == line, _NOTE.c.reason == "id_damaged"
                )
            ).first()
        if rejected is None:
            raise Problem(
                404, "row_unknown", "这一行没有待核实的号码", "请核对行号：只有因末三位为 000 被拒绝的行可以确认。"
            )
        number = self._number(row, line)
        if not number.endswith("000"):
            raise self._wrong()
        return self._keyring.identity(caller.county).digest(number)

    def confirm(self, connection: Connection, digest: str, caller: Caller, now_us: int) -> None:
        """Remember that this number is real: from the next sending on it is taken."""
        same = (_CONFIRMED.c.county == caller.county) & (_CONFIRMED.c.digest == digest)
        connection.execute(delete(_CONFIRMED).where(same))
        connection.execute(
            insert(_CONFIRMED).values(county=caller.county, digest=digest, officer=caller.actor, at_us=now_us)
        )

    def _number(self, row: RowMapping, line: int) -> str:
        feed = self._adapter.feeds[row["feed"]]
        try:
            with (
                closing(FileReader()) as files,
                opened(self._engine, self._keyring.sealer("inbox"), files, row, feed) as table,
            ):
                return person_of(_cell(feed, table, line), row["today"], _Every())
        except (Refused, SealBroken, Unreadable):
            raise self._wrong() from None

    @staticmethod
    def _wrong() -> Problem:
        return Problem(409, "number_damaged", "这个号码不能确认", "号码本身有误或原文已销毁，请改正后重新报送。")


def confirmed(connection: Connection, county: str) -> frozenset[str]:
    """The keyed hashes of all confirmed numbers of a county."""
    return frozenset(connection.execute(select(_CONFIRMED.c.digest).where(_CONFIRMED.c.county == county)).scalars())


def _cell(feed: Feed, table: Table, line: int) -> Cell:
    found = find_header(feed, table.rows)
    if isinstance(found, Trouble):
        return None
    header, lines = found
    place = header.places[feed.record.subject_column]
    return next((cells[place] for number, cells in lines if number == line and place < len(cells)), None)
