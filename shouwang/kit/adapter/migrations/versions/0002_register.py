"""Narrow register rows, statements of the last 30 days apart, and sendings that are taken back by two persons.

Revision ID: 0002
Revises: 0001
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

AT_ONCE = 5_000
SORTED = sa.String().with_variant(sa.String(collation="C"), "postgresql")
LETTERS = {"state": "s", "correct": "c", "withdraw": "w", "omit": "o"}


def upgrade() -> None:
    """Bring an adapter's database to this revision."""
    op.create_table(
        "register",
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("subject", SORTED, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("kept", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("feed_id", "period", "subject", "key"),
        sqlite_with_rowid=False,
    )
    connection = op.get_bind()
    register = sa.table("register", *map(sa.column, ("feed_id", "period", "subject", "key", "content", "kept")))
    source = _converted(connection)
    while some := list(islice(source, AT_ONCE)):
        connection.execute(sa.insert(register), some)
    op.drop_table("entry")
    _bearers()
    op.add_column("list", sa.Column("columns", sa.Text(), nullable=True))
    for column in (
        sa.Column("kept_apart", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("withdraw_asked_by", sa.String(), nullable=False, server_default=""),
        sa.Column("withdraw_asked_us", sa.BigInteger(), nullable=True),
        sa.Column("withdraw_agreed_by", sa.String(), nullable=False, server_default=""),
    ):
        op.add_column("sending", column)


def _bearers() -> None:
    """The same rows, sorted as they are read."""
    op.drop_index("bearer_subject", "bearer")
    op.drop_index("bearer_name", "bearer")
    op.rename_table("bearer", "bearer_before")
    op.create_table(
        "bearer",
        sa.Column("county", sa.String(), nullable=False),
        sa.Column("subject", SORTED, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("county", "subject", "name"),
        sqlite_with_rowid=False,
    )
    op.create_index("bearer_name", "bearer", ["county", "name"])
    op.execute("INSERT INTO bearer (county, subject, name) SELECT county, subject, name FROM bearer_before")
    op.drop_table("bearer_before")


def _converted(connection: sa.Connection) -> Iterator[dict[str, Any]]:
    """Entries as they are kept from now on; all they say is folded, so those sendings cannot be taken back."""
    by_period = {"self_paid_year"}
    query = sa.text("SELECT e.feed_id, f.feed, e.subject, e.key, e.kept FROM entry e JOIN feed f ON f.id = e.feed_id")
    for feed_id, feed, subject, key, text in connection.execute(query.execution_options(yield_per=AT_ONCE)):
        kept = json.loads(text)
        content = kept["shown"][5] if kept["shown"] else ""
        told = [_said(one, content) for one in kept["told"]]
        listed, fixed, shown = (_said(kept[name], content) for name in ("listed", "fixed", "shown"))
        rest = [listed, fixed, told, "".join(kept["heard"]), "", [], shown]
        yield {
            "feed_id": feed_id, "period": key if feed in by_period else "", "subject": subject, "key": key,
            "content": content, "kept": json.dumps(rest, ensure_ascii=False, separators=(",", ":")),
        }  # fmt: skip


def _said(said: list[Any] | None, shown: str) -> Any:
    if not said:
        return 0
    op_, as_of, stated_at, line, id_, content = said
    stated_us = (datetime.fromisoformat(stated_at) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return [LETTERS[op_], as_of, stated_us, line, id_, 1 if content and content == shown else content or 0]
