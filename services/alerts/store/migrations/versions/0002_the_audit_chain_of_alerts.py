"""The audit chain of alerts, with whose data each act showed."""

from alembic import op

from shouwang.kit import audit

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    audit.create_table(op)
    audit.create_seen_table(op)
