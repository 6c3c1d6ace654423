"""Local accounts"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

COLUMNS = ("name", "role", "area", "secret", "created_at", "created_by", "disabled_at", "disabled_by")


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("login", sa.String(), primary_key=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in COLUMNS),
    )
