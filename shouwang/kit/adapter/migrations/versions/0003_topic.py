"""Which topic has been sent to."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "topic",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("topic_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
