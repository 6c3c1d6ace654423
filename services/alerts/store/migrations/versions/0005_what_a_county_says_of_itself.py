"""An index of the entries about the county itself: closed sendings, days, rulebooks; feed health reads nothing else"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

OF_COUNTY = sa.text("length(subject) = 6")


def upgrade() -> None:
    op.create_index(
        "words_of_county", "words", ["place"], unique=False, sqlite_where=OF_COUNTY, postgresql_where=OF_COUNTY
    )
