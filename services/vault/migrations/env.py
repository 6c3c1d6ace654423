"""Alembic's way into the vault's revisions."""

from alembic import context
from sqlmodel import SQLModel

from shouwang.kit.database import migrate

migrate(context, SQLModel.metadata)
