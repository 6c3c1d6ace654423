"""What closes a sending: list or increment, what it is whole for, its counts, whom it could not read."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Unread(BaseModel):
    """A subject of which a list said nothing because its row could not be read; without a key: all its facts."""

    model_config = ConfigDict(frozen=True)
    subject: str
    key: str | None = None


class ListClosed(BaseModel):
    """One list of the sending: its period (empty: the whole feed) and whom it could not read."""

    model_config = ConfigDict(frozen=True)
    period: str = ""
    area: str = ""
    """A township's or village's code when the list is whole for that area only."""
    unread: tuple[Unread, ...] = ()


class SendingClosed(BaseModel):
    """The payload of `<department>.sending.v1` (subject: the county; key: the sending)."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    feed: str
    shape: Literal["list", "increment"]
    lists: tuple[ListClosed, ...] = ()
    """Empty for an increment."""
    received: int = Field(ge=0)
    accepted: int = Field(ge=0)
    unchanged: int = Field(ge=0)
    superseded: int = Field(ge=0)
    duplicate: int = Field(ge=0)
    rejected: int = Field(ge=0)
    withdrawn: int = Field(ge=0)
    doubtful: int = Field(ge=0)
    empty: dict[str, int] = {}
    """Per field the percentage of its rows that leave it unstated, from a sample; absent in what was sent before."""


def sending_type(department: str) -> str:
    """`education` → `education.sending.v1`."""
    return f"{department}.sending.v1"
