"""Alembic's way into an adapter's revisions."""

from alembic import context

from shouwang.kit.adapter.tables import METADATA
from shouwang.kit.database import migrate

migrate(context, METADATA)
