"""What judging keeps of households and villages, in place of their due days; an index for the queue page"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

RAISED = sa.text("standing AND NOT suppressed")

KEPT = """
INSERT INTO judged (county, subject, village, due)
SELECT home.county, home.household, NULL, due.day
FROM (
  SELECT county, key AS household FROM facts WHERE type = 'civil_affairs.household_member.v1'
  UNION SELECT county, household FROM due
) AS home
LEFT JOIN due ON due.county = home.county AND due.household = home.household
ORDER BY home.county, home.household
"""
"""In which village a household was judged was not kept: none, so that anything said of any village has it judged."""


def upgrade() -> None:
    op.create_table(
        "judged",
        sa.Column("row", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("county", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("village", sa.String(), nullable=True),
        sa.Column("due", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("row"),
    )
    op.execute(KEPT)
    op.create_index("judged_by_subject", "judged", ["county", "subject"], unique=True)
    op.create_index("judged_by_village", "judged", ["county", "village"], unique=False)
    op.create_index("judged_by_due", "judged", ["county", "due"], unique=False)
    op.drop_table("due")
    op.create_index(
        "alerts_raised",
        "alerts",
        ["county", "subject", "level", "raised_on", "village", "rule"],
        unique=False,
        sqlite_where=RAISED,
        postgresql_where=RAISED,
    )
