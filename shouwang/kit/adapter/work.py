"""Translating: sendings in the order they came, each whole in one transaction, from the start again after a crash."""

from contextlib import closing
from datetime import timedelta
from typing import Final

from sqlalchemy import Engine, RowMapping, select, update

from contracts.envelope import Writer
from contracts.vocabulary import Shape
from shouwang.kit.adapter import register
from shouwang.kit.adapter.confirmed import confirmed
from shouwang.kit.adapter.declaration import Adapter, Feed
from shouwang.kit.adapter.files import FileReader
from shouwang.kit.adapter.inbox import KEPT_DAYS
from shouwang.kit.adapter.opened import opened
from shouwang.kit.adapter.outcome import Done, Overtaken, Start, closing_word, refuse, settle, start, take_back
from shouwang.kit.adapter.results import Results
from shouwang.kit.adapter.sending import Outcome, Sending, Trouble
from shouwang.kit.adapter.spill import PEOPLE_AT_ONCE, Pile, Rows, Spill, collecting_seldom
from shouwang.kit.adapter.table import Delivery
from shouwang.kit.adapter.tables import SendingRow, microseconds, moment, table_of
from shouwang.kit.adapter.translate import read_sheet
from shouwang.kit.adapter.view import StoredView
from shouwang.kit.adapter.withdrawal import Withdrawing
from shouwang.kit.clock import Clock
from shouwang.kit.database import AWAY, reading
from shouwang.kit.keys import KeyRing, SealBroken
from shouwang.kit.metrics import Metrics
from shouwang.kit.observe import get_logger, unit
from shouwang.kit.problems import where
from shouwang.kit.sheets import Refused
from shouwang.kit.vault import Identified, KeepsPeople, VaultAway

VAULT_AWAY = "身份库暂时连不上，恢复后会自动继续处理，无需重新报送"
CRASHED = "系统处理这份报送时出错，请把回执编号告诉管理员；修复后请重新报送"
TRIES = 3
"""Attempts after which a sending that crashes the translator is set aside, so that the others go on."""

SHORTEST_WAIT: Final = timedelta(seconds=1)
LONGEST_WAIT: Final = timedelta(seconds=5)

_SENDING = table_of(SendingRow)


class Translator:
    """Turns the oldest waiting sending of a department into words, a receipt and a changed register."""

    def __init__(
        self, adapter: Adapter, engine: Engine, keyring: KeyRing, clock: Clock, vault: KeepsPeople, metrics: Metrics
    ) -> None:
        self._adapter, self._engine, self._keyring, self._clock = adapter, engine, keyring, clock
        self._vault, self._metrics = vault, metrics
        self._sealer = keyring.sealer("inbox")
        self._files = FileReader()

    def once(self) -> bool:
        """Translate the oldest sending that waits; False when there is none, or it must wait for the vault."""
        row = self._oldest()
        if row is None:
            return False
        try:
            where = {"department": self._adapter.department, "feed": row["feed"], "county": row["county"]}
            with unit("translate", metrics=self._metrics, **where) as said:
                said["sending"], said["attempt"] = row["receipt"], row["attempts"] + 1
                done = self._translate(row)
                said.update(state=done.state, **done.counts)
        except VaultAway:
            self._postpone(row, VAULT_AWAY, crashes=row["attempts"])
            return False
        except Overtaken:
            return True  # another translator was first; look again
        except AWAY:
            raise  # the database is away: the loop waits and comes back
        except Exception as crash:
            self._set_aside(row, crash)
            return True
        self._count(row, done)
        return True

    def close(self) -> None:
        """Stop the child process."""
        self._files.close()

    def _oldest(self) -> RowMapping | None:
        with reading(self._engine).connect() as connection:
            row = (
                connection.execute(
                    select(_SENDING).where(_SENDING.c.state == "working").order_by(_SENDING.c.received_us).limit(1)
                )
                .mappings()
                .one_or_none()
            )
        return None if row is None or row["retry_us"] > microseconds(self._clock.now()) else row

    def _translate(self, row: RowMapping) -> Done:
        feed = self._adapter.feeds[row["feed"]]
        with closing(Spill()) as spill, collecting_seldom():
            return (
                self._taken_back(row, feed, spill) if row["withdraw_agreed_by"] else self._translated(row, feed, spill)
            )

    def _translated(self, row: RowMapping, feed: Feed, spill: Spill) -> Done:
        delivery = self._delivery(row)
        rows, people = Rows(spill, feed.record.subject_kind), Pile(spill, PEOPLE_AT_ONCE)
        now_us = microseconds(self._clock.now())
        try:
            with opened(self._engine, self._sealer, self._files, row, feed) as table:
                read = read_sheet(feed, table, delivery, rows, people)
        except (Refused, SealBroken) as refused:
            return refuse(self._engine, row, _unreadable(refused), None, None, now_us)
        writer = Writer(row["county"], feed.type, row["receipt"])
        if read.refused is not None:
            results = Results(spill, row["id"], 0, writer, by_period=bool(feed.period))
            for portion in rows.portions():
                results.note([one.trouble for one in portion.rows if one.trouble], ())
            results.note((), read.warnings)
            return refuse(self._engine, row, read.refused, read, results, now_us)
        sending = read.sending(
            row["receipt"], delivery, digest=row["digest"], confirmed=row["confirmed"], number=row["id"],
            portions=rows.portions,
        )  # fmt: skip
        outcome, results, begun = self._take(sending, feed, spill, writer)
        results.note((), read.warnings)
        if outcome.refused is not None:
            return refuse(self._engine, row, outcome.refused, read, results, now_us)
        if not outcome.held_because:
            self._keep(row["county"], people)
        return settle(self._engine, row, read, outcome, results, begun, now_us)

    def _taken_back(self, row: RowMapping, feed: Feed, spill: Spill) -> Done:
        """Take a whole sending back, as two persons have agreed."""
        county, now = row["county"], self._clock.now()
        since_us = microseconds(now - timedelta(days=KEPT_DAYS))
        key = f"{row['receipt']}-back"
        with reading(self._engine).connect() as connection:
            begun = start(connection, county, since_us)
            results = Results(spill, row["id"], begun.last, Writer(county, feed.type, key), by_period=bool(feed.period))
            view = StoredView(connection, county, feed.name, by_period=bool(feed.period))
            lists = view.all_lists()
            others = [said for said in lists if said.receipt != row["receipt"]]
            withdrawing = Withdrawing(county, feed.type, row["id"], others)
            for entries in view.saying(row["id"], feed.record.subject_kind):
                results.add(withdrawing.piece(entries))
        gone = [said for said in lists if said.receipt == row["receipt"]]
        closed = withdrawing.closing(row["receipt"], Shape(row["shape"]), gone)
        word = closing_word(row, feed.department, closed, row["as_of"], now, results.last, key)
        return take_back(self._engine, row, results, word, begun, microseconds(now))

    def _delivery(self, row: RowMapping) -> Delivery:
        county = row["county"]
        with reading(self._engine).connect() as connection:
            numbers = confirmed(connection, county)
        return Delivery(
            county=county,
            day=row["today"],
            received_at=moment(row["received_us"]),
            identity=self._keyring.identity(county),
            shape=Shape(row["asked_shape"]) if row["asked_shape"] else None,
            as_of=row["asked_as_of"],
            area=row["scope"],
            confirmed=numbers,
        )

    def _take(self, sending: Sending, feed: Feed, spill: Spill, writer: Writer) -> tuple[Outcome, Results, Start]:
        """Work out what the sending amounts to, only reading."""
        county, by_period = sending.county, bool(feed.period)
        since_us = microseconds(self._clock.now() - timedelta(days=KEPT_DAYS))
        with reading(self._engine).connect() as connection:
            begun = start(connection, county, since_us)
            results = Results(spill, sending.number, begun.last, writer, by_period=by_period)
            view = StoredView(connection, county, feed.name, by_period=by_period, open_from=begun.open_from)
            taking = register.begin(sending, view)
            for piece in taking.pieces():
                results.add(piece)
            return taking.end(), results, begun

    def _keep(self, county: str, people: Pile) -> None:
        for some in people.chunks():
            self._vault.keep(county, self._adapter.department, [Identified(*one) for one in some])

    def _postpone(self, row: RowMapping, reason: str, *, crashes: int) -> None:
        """Say on the receipt why it waits; the longer it has waited, the longer until it is tried again."""
        waited = self._clock.now() - moment(row["received_us"])
        wait = min(LONGEST_WAIT, max(SHORTEST_WAIT, waited / 4))
        with self._engine.begin() as connection:
            connection.execute(
                update(_SENDING).where(_SENDING.c.id == row["id"], _SENDING.c.state == "working").values(
                    reason=reason, attempts=crashes, retry_us=microseconds(self._clock.now() + wait)
                )
            )  # fmt: skip

    def _set_aside(self, row: RowMapping, crash: Exception) -> None:
        """Our bug: try again, then give this one sending up rather than hold up all the others."""
        log = get_logger(stage="translate", department=self._adapter.department, sending=row["receipt"])
        log.error("crash", error=type(crash).__name__, where=where(crash), attempt=row["attempts"] + 1)
        if row["attempts"] + 1 < TRIES:
            self._postpone(row, "", crashes=row["attempts"] + 1)
        else:
            trouble = Trouble(0, "", "file_unreadable", "", CRASHED)
            refuse(self._engine, row, trouble, None, None, microseconds(self._clock.now()))

    def _count(self, row: RowMapping, done: Done) -> None:
        labels = {"department": self._adapter.department, "feed": row["feed"]}
        self._metrics.add("shouwang_sendings_total", state=done.state, **labels)
        for counted, rows in done.counts.items():
            if counted in ("accepted", "unchanged", "superseded", "duplicate", "rejected") and rows:
                self._metrics.add("shouwang_rows_total", rows, counted=counted, **labels)


def _unreadable(why: Refused | SealBroken) -> Trouble:
    if isinstance(why, Refused):
        return Trouble(0, "", why.code, "", why.hint)
    return Trouble(0, "", "file_unreadable", "", "原文已销毁，请重新报送")
