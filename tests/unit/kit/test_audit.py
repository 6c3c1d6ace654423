"""The audit chain: what was done stands, and any change to it shows."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from services.vault.keeper import MIGRATIONS
from shouwang.kit.audit import GENESIS, TABLE, Audit, verify
from shouwang.kit.checkpoints import EVERY, Checkpoint, CheckpointBroken, Checkpoints
from shouwang.kit.clock import SHANGHAI, FixedClock
from shouwang.kit.database import open_database, upgrade

KEY = bytes(32)
AUDIT = Audit(KEY, FixedClock(datetime(2026, 6, 15, tzinfo=SHANGHAI)))


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    made = open_database(f"sqlite:///{tmp_path}/a.db")
    upgrade(made, MIGRATIONS)
    return made


def act(engine: Engine, times: int) -> list[dict[str, Any]]:
    """So many acts; the rows as they are stored."""
    with engine.begin() as connection:
        for place in range(times):
            AUDIT.append(connection, actor="杨丽华", action="vault.unmask", object_=f"p{place}", reason="入户核查")
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(sa.select(TABLE).order_by(TABLE.c.seq)).mappings()]


def test_a_chain_nobody_touched_is_good(engine: Engine) -> None:
    rows = act(engine, 5)
    found = verify(KEY, rows)
    assert (found.rows, found.broken_at, found.head) == (5, None, rows[-1]["hash"])
    with engine.connect() as connection:
        assert AUDIT.verify(connection) == found


def test_an_empty_chain_is_good() -> None:
    assert verify(KEY, []).head == GENESIS


def test_an_act_that_is_rolled_back_leaves_no_row(engine: Engine) -> None:
    with engine.connect() as connection, connection.begin() as transaction:
        AUDIT.append(connection, actor="a", action="b", object_="c")
        transaction.rollback()
    assert act(engine, 1)[0]["seq"] == 1


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"])
def test_the_table_refuses_to_change_or_lose_a_row(engine: Engine, statement: str) -> None:
    act(engine, 2)
    with engine.connect() as connection, pytest.raises(sa.exc.IntegrityError, match="append-only"):
        connection.execute(sa.text(statement))


EDITS: dict[str, Callable[[list[dict[str, Any]], int], Any]] = {
    "edited": lambda rows, at: rows[at].__setitem__("actor", "另一个人"),
    "reason edited": lambda rows, at: rows[at].__setitem__("reason", ""),
    "removed": lambda rows, at: rows.pop(at),
    "swapped": lambda rows, at: rows.__setitem__(slice(at, at + 2), rows[at : at + 2][::-1]),
    "repeated": lambda rows, at: rows.insert(at, rows[at]),
}


@given(at=st.integers(0, 7), how=st.sampled_from(sorted(EDITS)))
def test_every_edit_is_found_at_its_row(rows_of_nine: list[dict[str, Any]], at: int, how: str) -> None:
    rows = [dict(row) for row in rows_of_nine]
    EDITS[how](rows, at)
    found = verify(KEY, rows)
    assert found.broken_at in (at + 1, at + 2)
    assert found.why


@pytest.fixture(scope="module")
def rows_of_nine(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    made = open_database(f"sqlite:///{tmp_path_factory.mktemp('audit')}/a.db")
    upgrade(made, MIGRATIONS)
    return act(made, 9)


def test_a_tail_that_was_cut_shows_only_against_a_checkpoint(rows_of_nine: list[dict[str, Any]]) -> None:
    end = Checkpoint(9, rows_of_nine[-1]["hash"], rows_of_nine[-1]["at"])
    assert verify(KEY, rows_of_nine, [end]).broken_at is None
    assert verify(KEY, rows_of_nine[:-1]).broken_at is None
    assert verify(KEY, rows_of_nine[:-1], [end]).why == "rows 9 to 9 are missing"


def test_a_chain_written_again_with_the_key_shows_against_a_checkpoint(rows_of_nine: list[dict[str, Any]]) -> None:
    noted = [Checkpoint(4, "f" * 64, rows_of_nine[3]["at"])]
    assert verify(KEY, rows_of_nine, noted).why == "row 4 is not the one its checkpoint knew"


def test_the_end_of_a_day_and_every_thousandth_act_are_noted(engine: Engine, tmp_path: Path) -> None:
    notes = Checkpoints(tmp_path / "second place", "vault", KEY)
    clock = FixedClock(datetime(2026, 6, 15, 23, 59, tzinfo=SHANGHAI))
    audit = Audit(KEY, clock, notes)

    def acts(times: int) -> None:
        with engine.begin() as connection:
            for _ in range(times):
                audit.append(connection, actor="a", action="b", object_="c")

    acts(3)
    assert notes.read() == []
    clock.moment += timedelta(minutes=2)
    acts(1)
    assert [one.seq for one in notes.read()] == [3]
    acts(EVERY)
    assert [one.seq for one in notes.read()] == [3, EVERY]
    with engine.connect() as connection:
        assert audit.verify(connection).broken_at is None
        connection.rollback()
        connection.execute(sa.text("DROP TRIGGER audit_no_delete"))
        connection.execute(sa.text("DELETE FROM audit WHERE seq >= 900"))
        assert audit.verify(connection).why == "rows 900 to 1000 are missing"


def test_a_checkpoint_that_was_changed_is_not_believed(tmp_path: Path) -> None:
    notes = Checkpoints(tmp_path, "vault", KEY)
    notes.note(Checkpoint(3, "a" * 64, "2026-06-15"))
    file = tmp_path / "vault.jsonl"
    file.write_text(file.read_text("ascii").replace('"seq": 3', '"seq": 2'), "ascii")
    with pytest.raises(CheckpointBroken, match="line 1"):
        notes.read()


def test_a_checkpoint_of_another_chain_is_not_believed(tmp_path: Path) -> None:
    Checkpoints(tmp_path, "vault", KEY).note(Checkpoint(3, "a" * 64, "2026-06-15"))
    (tmp_path / "vault.jsonl").rename(tmp_path / "alerts.jsonl")
    with pytest.raises(CheckpointBroken):
        Checkpoints(tmp_path, "alerts", KEY).read()


def test_a_checkpoint_half_written_when_the_machine_went_down_is_left_out(tmp_path: Path) -> None:
    notes = Checkpoints(tmp_path, "vault", KEY)
    notes.note(Checkpoint(3, "a" * 64, "2026-06-15"))
    with (tmp_path / "vault.jsonl").open("a") as file:
        file.write('{"seq": 4, "ha')
    assert [one.seq for one in notes.read()] == [3]
    notes.note(Checkpoint(5, "b" * 64, "2026-06-16"))
    assert [one.seq for one in notes.read()] == [3, 5]


@pytest.mark.parametrize("seed", range(4))
def test_a17_each_of_a_thousand_mutations_is_found(rows_of_nine: list[dict[str, Any]], seed: int) -> None:
    chance = Random(seed)
    for _ in range(250):
        rows = [dict(row) for row in rows_of_nine]
        at, name = chance.randrange(9), chance.choice([*rows[0]])
        rows[at][name] = chance.randrange(10, 99) if name == "seq" else f"{rows[at][name]}{chance.choice('0aé ')}"
        assert verify(KEY, rows).broken_at in (at + 1, at + 2)


def test_another_key_does_not_make_the_same_chain(rows_of_nine: list[dict[str, Any]]) -> None:
    assert verify(bytes(31) + b"x", rows_of_nine).broken_at == 1
