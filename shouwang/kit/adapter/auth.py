"""Who calls: a bureau's key of one county, or the county itself; keys are issued, listed and revoked here."""

import hashlib
import hmac
import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import Depends, Header, Query, Request
from sqlalchemy import Connection, Engine, insert, select, update

from shouwang.kit.adapter.tables import KeyRow, moment, table_of
from shouwang.kit.counties import County
from shouwang.kit.database import reading
from shouwang.kit.problems import Problem

COUNTY = "county"
OFFICER = "Shouwang-Officer"
"""The header with the name of the person in whose name the county asks, percent-encoded: names are not ASCII."""
WRONG_A_MINUTE = 20
"""Wrong keys from one address before it is told to wait (trust A13)."""

_KEYS = table_of(KeyRow)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls and for which county; `name` is the key's id, or `county` for the county's own services."""

    county: str
    name: str
    officer: str = ""

    @property
    def is_county(self) -> bool:
        """Whether it is the county rather than a bureau."""
        return self.name == COUNTY

    @property
    def actor(self) -> str:
        """As it stands in the audit chain."""
        return f"{self.name}:{self.officer}" if self.officer else self.name


class Keys:
    """The keys of one department. A key is `sw.DEPARTMENT.COUNTY.ID.SECRET.TAG`.

    The tag (an HMAC under a key of the installation) tells a real key of another department, which is forbidden here
    (403), from a made-up one (401); whether a key is in force is looked up by its id, and its secret by its hash.
    """

    def __init__(self, engine: Engine, department: str, counties: Mapping[str, County], county_key: str) -> None:
        self._engine, self._department, self._counties, self._county_key = engine, department, counties, county_key
        self._wrong: dict[str, deque[float]] = {}

    def issue(self, connection: Connection, county: str, label: str, *, by: str, now_us: int) -> dict[str, Any]:
        """A new key, said once."""
        id_, secret = secrets.token_hex(5), secrets.token_urlsafe(24)
        connection.execute(
            insert(_KEYS).values(
                id=id_,
                county=county,
                hash=_hash(secret),
                label=label,
                created_us=now_us,
                created_by=by,
                revoked_us=None,
            )
        )
        said = ".".join(("sw", self._department, county, id_, secret))
        return {
            "id": id_,
            "key": f"{said}.{self._tag(said)}",
            "department": self._department,
            "county": county,
            "label": label,
        }

    def list(self) -> list[dict[str, Any]]:
        """Every key without its secret, newest first."""
        with reading(self._engine).connect() as connection:
            rows = connection.execute(select(_KEYS).order_by(_KEYS.c.created_us.desc())).mappings().all()
        return [
            {"id": row["id"], "department": self._department, "county": row["county"], "label": row["label"],
             "created": moment(row["created_us"]).isoformat(timespec="seconds"), "created_by": row["created_by"],
             "revoked": moment(row["revoked_us"]).isoformat(timespec="seconds") if row["revoked_us"] else None}
            for row in rows
        ]  # fmt: skip

    def revoke(self, connection: Connection, id_: str, county: str, *, now_us: int) -> None:
        """Take a key out of force; raises Problem 404."""
        done = connection.execute(
            update(_KEYS)
            .where(_KEYS.c.id == id_, _KEYS.c.county == county, _KEYS.c.revoked_us.is_(None))
            .values(revoked_us=now_us)
        )
        if not done.rowcount:
            raise Problem(404, "key_unknown", "没有这个密钥", "请用密钥列表核对编号；它可能已经停用。")

    def caller(self, bearer: str, county: str | None, officer: str, address: str, seconds: float) -> Caller:
        """Who shows this key; raises Problem 401, 403 or 429. `county` says for which county the county key is used."""
        if bearer and hmac.compare_digest(bearer.encode(), self._county_key.encode()):
            return Caller(self._chosen(county), COUNTY, officer)
        found = self._known(bearer)
        if found is None:
            self._slow_down(address, seconds)
            raise Problem(
                401, "key_wrong", "密钥无效", "请核对 Authorization: Bearer 后的密钥；已停用的请向县级管理员换发。",
                {"WWW-Authenticate": "Bearer"},
            )  # fmt: skip
        if found not in self._counties or county not in (None, found):
            raise Problem(403, "county_foreign", "密钥不属于该县", "请使用发给该县的密钥，或向该县管理员申请。")
        return Caller(found, bearer.split(".")[3])

    def _known(self, bearer: str) -> str | None:
        """The county of a key in force; None for a wrong one; raises Problem 403 for another department's."""
        parts = bearer.split(".")
        if len(parts) != 6 or not hmac.compare_digest(parts[5].encode(), self._tag(".".join(parts[:5])).encode()):
            return None
        _, department, county, id_, secret, _ = parts
        if department != self._department:
            raise Problem(
                403, "feed_foreign", "密钥属于另一个部门", "请把数据报送到本部门的接口，或使用发给该部门的密钥。"
            )
        with reading(self._engine).connect() as connection:
            row = connection.execute(select(_KEYS).where(_KEYS.c.id == id_)).mappings().one_or_none()
        if row is None or row["revoked_us"] or row["county"] != county:
            return None
        return county if hmac.compare_digest(row["hash"], _hash(secret)) else None

    def _chosen(self, county: str | None) -> str:
        if county is None and len(self._counties) == 1:
            return next(iter(self._counties))
        if county is None:
            raise Problem(400, "county_missing", "没有说明是哪个县", "请在地址后加 ?county=县代码。")
        if county not in self._counties:
            raise Problem(403, "county_foreign", "本系统不服务该县", "请核对县代码。")
        return county

    def _slow_down(self, address: str, seconds: float) -> None:
        """Count a wrong key; raises Problem 429 for an address that shows too many. Right keys are never held up."""
        if len(self._wrong) > 10_000:
            self._wrong.clear()
        times = self._wrong.setdefault(address, deque(maxlen=WRONG_A_MINUTE))
        if len(times) == WRONG_A_MINUTE and seconds - times[0] < 60:
            raise Problem(
                429, "key_wrong_often", "密钥错误次数过多", "请核对密钥，一分钟后再试。", {"Retry-After": "60"}
            )
        times.append(seconds)

    def _tag(self, said: str) -> str:
        return hmac.digest(self._county_key.encode(), b"api key " + said.encode(), "sha256").hex()[:16]


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def bearer_of(header: str | None) -> str:
    """The secret of an `Authorization: Bearer …` header; empty when there is none."""
    scheme, _, secret = (header or "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def calling(
    request: Request,
    authorization: Annotated[str | None, Header()] = None,
    county: Annotated[str | None, Query(max_length=6)] = None,
    officer: Annotated[str, Header(alias=OFFICER, max_length=300)] = "",
) -> Caller:
    """Who makes this request; raises Problem 401, 403 or 429."""
    keys: Keys = request.app.state.keys
    address = request.client.host if request.client else ""
    now = request.app.state.clock.now().timestamp()
    return keys.caller(bearer_of(authorization), county, unquote(officer), address, now)


def for_county(caller: Annotated[Caller, Depends(calling)]) -> Caller:
    """The county itself; raises Problem 403 for a bureau."""
    if not caller.is_county:
        raise Problem(403, "county_only", "只有县级可以这样做", "请联系县级管理员。")
    return caller


Calling = Annotated[Caller, Depends(calling)]
"""A route's parameter: whoever calls."""

ForCounty = Annotated[Caller, Depends(for_county)]
"""A route's parameter: the county, and nobody else."""
