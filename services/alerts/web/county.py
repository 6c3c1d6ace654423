"""What the county's administrator does over the API: accounts, and opening the county."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from services.alerts.accounts import AccountRefused
from services.alerts.opening import NotOpened
from services.alerts.triage import Triage
from services.alerts.web.auth import Gate
from shouwang.kit.problems import Problem


class UserBody(BaseModel):
    """A new account."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    login: str
    name: str
    role: str
    area: str


class OpenBody(BaseModel):
    """From which day a county makes cases, how many of those that stood before a day and township, and who says so."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    county: Annotated[str, Field(pattern=r"^\d{6}$")]
    on: date
    budget: Annotated[int, Field(ge=1, le=1000)]
    by: str = ""


def routes(triage: Triage, gate: Gate) -> APIRouter:
    """Every route of it."""
    router = APIRouter(prefix="/api/v1")

    @router.get("/users")
    def users(_actor: Annotated[str, Depends(gate.acts)]) -> dict[str, list[dict[str, Any]]]:
        """Every account, those that were ended included."""
        return {"users": triage.accounts.all()}

    @router.post("/users", status_code=201)
    def add_user(body: UserBody, actor: Annotated[str, Depends(gate.acts)]) -> dict[str, str]:
        """A new account; its password is in this answer and nowhere else."""
        try:
            password = triage.accounts.add(body.login, body.name, body.role, body.area, actor=actor)
        except AccountRefused as refused:
            raise Problem(409, "account_refused", "不能新建账号", str(refused)) from None
        return {"login": body.login, "password": password}

    @router.post("/users/{login}/disable")
    def disable_user(login: str, actor: Annotated[str, Depends(gate.acts)]) -> dict[str, str]:
        """End an account and its sessions."""
        try:
            triage.accounts.disable(login, actor=actor)
        except AccountRefused as refused:
            raise Problem(404, "account_unknown", "没有这个账号", str(refused)) from None
        return {"disabled": login}

    @router.post("/open")
    def open_(body: OpenBody, actor: Annotated[str, Depends(gate.acts)]) -> dict[str, str]:
        """Open a county from a day on."""
        try:
            if body.by:
                triage.accounts.require_admin(body.by)
            triage.open_county(body.county, body.on, body.budget, actor=body.by or actor)
        except (AccountRefused, NotOpened) as refused:
            raise Problem(409, "not_opened", "没有开县", str(refused)) from None
        return {"county": body.county, "on": body.on.isoformat()}

    return router
