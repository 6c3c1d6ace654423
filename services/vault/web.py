"""The vault over HTTP: three calls under one service key, and health."""

import hmac
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header
from pydantic import BaseModel, ConfigDict, Field

from services.vault.keeper import VaultStore
from shouwang.kit import health, problems, requests
from shouwang.kit.health import Check
from shouwang.kit.metrics import Metrics
from shouwang.kit.problems import BodyLimit, Problem
from shouwang.kit.vault import Identified, ReasonMissing

LIMIT_BYTES = 4 * 1024 * 1024
"""Ten thousand people with long addresses."""

County = Annotated[str, Field(pattern=r"^\d{6}$")]
Ref = Annotated[str, Field(pattern=r"^[ph]1[a-z2-7]{26}$")]
Short = Annotated[str, Field(max_length=300)]


class Body(BaseModel):
    """A request's body; what it may not say is refused."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class PersonBody(Body):
    """Who one reference is."""

    ref: Ref
    number: Short
    name: Short
    phone: Short = ""
    address: Short = ""


class KeepBody(Body):
    """What a department says of who its people are."""

    county: County
    department: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
    people: Annotated[list[PersonBody], Field(max_length=10_000)]


class FindBody(Body):
    """Whose masked names are wanted, and by whom."""

    county: County
    refs: Annotated[list[Ref], Field(max_length=10_000)]
    actor: Short


class UnmaskBody(Body):
    """Who is to be unmasked, by whom and why."""

    county: County
    ref: Ref
    actor: Short
    reason: Short


def build(store: VaultStore, key: str, metrics: Metrics, ready: Mapping[str, Check] | None = None) -> FastAPI:
    """The vault's app; `key` is the service key callers show, `ready` what /readyz asks."""
    app = FastAPI(title="守望 保管库", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(BodyLimit, limit=LIMIT_BYTES)
    problems.install(app)
    app.include_router(health.routes(ready=ready or {"database": store.ready}, metrics=metrics))
    requests.install(app, metrics)

    def may(authorization: Annotated[str, Header()] = "") -> None:
        if not hmac.compare_digest(authorization.encode(), f"Bearer {key}".encode()):
            raise Problem(401, "wrong_key", headers={"WWW-Authenticate": "Bearer"})

    allowed = [Depends(may)]

    @app.post("/v1/keep", dependencies=allowed)
    def keep(body: KeepBody) -> dict[str, int]:
        """Remember who these are."""
        store.keep(body.county, body.department, [Identified(**dict(person)) for person in body.people])
        return {"kept": len(body.people)}

    @app.post("/v1/find", dependencies=allowed)
    def find(body: FindBody) -> dict[str, dict[str, str]]:
        """Masked names."""
        return {"names": store.find(body.county, body.refs, actor=body.actor)}

    @app.post("/v1/unmask", dependencies=allowed)
    def unmask(body: UnmaskBody) -> dict[str, list[dict[str, Any]]]:
        """Everything known of one reference."""
        try:
            known = store.unmask(body.county, body.ref, actor=body.actor, reason=body.reason)
        except ReasonMissing:
            raise Problem(422, "reason_missing", "没有写明查看原因", "请写明为什么要查看明文后再试。") from None
        return {"people": [asdict(one) for one in known]}

    return app
