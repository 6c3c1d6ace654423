"""What the vault stores: a data key for each reference, and what each department says of it, sealed under that key."""

from typing import Final

import sqlalchemy as sa
from sqlmodel import Field, SQLModel


class DataKeyRow(SQLModel, table=True):
    """The data key of one reference, sealed under the vault's key; destroying it makes everything said unreadable."""

    __tablename__ = "vault_keys"

    county: str = Field(primary_key=True)
    ref: str = Field(primary_key=True)
    wrapped: bytes


class SaidRow(SQLModel, table=True):
    """What one department last said of who a reference is."""

    __tablename__ = "vault_said"

    county: str = Field(primary_key=True)
    ref: str = Field(primary_key=True)
    department: str = Field(primary_key=True)
    place: int
    """Larger is said later; of several departments the one that last said something new names the person."""
    sealed: bytes


KEYS: Final[sa.Table] = SQLModel.metadata.tables["vault_keys"]
SAID: Final[sa.Table] = SQLModel.metadata.tables["vault_said"]
