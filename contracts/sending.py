"""What closes a sending: list or increment, what it is whole for, its counts, whom it could not read."""

from datetime import date
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class Unread(BaseModel):
    """A subject of which a list said nothing because its row could not be read; without a key: all its facts."""

    model_config = ConfigDict(frozen=True)
    subject: str
    key: str | None = None


class ListCounts(BaseModel):
    """An earlier list of the same scope that counts again because a newer one has been taken back."""

    model_config = ConfigDict(frozen=True)
    as_of: date
    stated_at: AwareDatetime
    sending: str


class ListClosed(BaseModel):
    """One list of the sending: its period (empty: the whole feed) and whom it could not read."""

    model_config = ConfigDict(frozen=True)
    period: str = ""
    area: str = ""
    """A township's or village's code when the list is whole for that area only."""
    unread: tuple[Unread, ...] = ()
    counts: ListCounts | None = None
    """Only where a sending was taken back: the list of this scope that counts from now on; none if there is none."""


class SendingClosed(BaseModel):
    """The payload of `<department>.sending.v1` (subject: the county; key: the sending)."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    feed: str
    shape: Literal["list", "increment"]
    lists: tuple[ListClosed, ...] = ()
    """Empty for an increment; of a sending that was taken back, its scopes."""
    withdraws: str | None = None
    """The sending that this one takes back; what stood before is said by words of its own."""
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
