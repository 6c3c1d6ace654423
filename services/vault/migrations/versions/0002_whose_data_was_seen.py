"""Whose data each act of the audit chain showed."""

from alembic import op

from shouwang.kit import audit

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    audit.create_seen_table(op)
