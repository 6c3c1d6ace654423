"""What alerts says back on `shouwang.alerts`: one change of one alert, with its evidence."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from contracts.vocabulary import CountyCode

ALERT_TYPE = "alerts.alert.v1"

Kind = Literal["raised", "risen", "eased", "updated", "withdrawn", "lapsed", "superseded"]
"""What happened to the alert; the last three end it."""


class SignalSaid(BaseModel):
    """One standing signal behind an alert; `facts` are the ids of the words it was read from."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    id: str
    subject: str
    department: str
    says: str
    facts: tuple[str, ...]


class AlertChange(BaseModel):
    """The alert after the change; for one that has ended, as it stood last."""

    model_config = ConfigDict(frozen=True, extra="ignore", validate_by_name=True, validate_by_alias=True)
    rule: str
    kind: Kind
    reason: str
    words: tuple[str, ...] = ()
    """Ids of the words that made it change, where they are still known."""
    day: date
    """The day the county was judged by."""
    level: str
    class_: str = Field(alias="class")
    suppressed: bool
    village: str
    signals: tuple[SignalSaid, ...]
    cannot_tell: tuple[str, ...]
    raised_on: date
    rulebook: str


class AlertSaid(BaseModel):
    """The CloudEvents envelope of a change; numbered per county without gaps, so a reader finds repeats and losses."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    specversion: Literal["1.0"] = "1.0"
    id: str
    source: Annotated[str, Field(pattern=r"^/county/\d{6}/alerts$")]
    type: Literal["alerts.alert.v1"] = "alerts.alert.v1"
    subject: Annotated[str, Field(min_length=1, max_length=40)]
    """The household's or village's reference."""
    time: AwareDatetime
    datacontenttype: Literal["application/json"] = "application/json"
    data: AlertChange
    seq: Annotated[int, Field(ge=1)]
    partitionkey: CountyCode


def encode_change(said: AlertSaid) -> bytes:
    """One record's value."""
    return said.model_dump_json(by_alias=True).encode()


def decode_change(value: bytes) -> AlertSaid:
    """Read one record's value; raises `pydantic.ValidationError`."""
    return AlertSaid.model_validate_json(value)
