"""Local accounts: made with a password shown once, checked when somebody signs in, ended at once."""

import re
import secrets
from collections.abc import Mapping
from typing import Any, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Engine

from services.alerts.domain.officers import Officer as Officer  # noqa: PLC0414 (web knows people through this room)
from services.alerts.domain.officers import Role, WrongArea, require_area
from services.alerts.store import people
from shouwang.kit.audit import Audit
from shouwang.kit.clock import Clock
from shouwang.kit.counties import County
from shouwang.kit.database import reading

LOGIN: Final = re.compile(r"[a-z][a-z0-9_.-]{1,31}")
NAME_LENGTH: Final = 20
_SIGNS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Signs that are not mistaken for each other when read out."""


class AccountRefused(ValueError):
    """An account cannot be made or ended; the message is one Chinese sentence."""


class Accounts:
    """The accounts of one alerts database."""

    def __init__(self, engine: Engine, counties: Mapping[str, County], clock: Clock, audit: Audit) -> None:
        self._engine, self._reading = engine, reading(engine)
        self._counties, self._clock, self._audit = counties, clock, audit
        self._hasher = PasswordHasher()
        # An unknown login is hashed against this, so that it takes as long as a wrong password (A14).
        self._nobody = self._hasher.hash(secrets.token_hex(16))

    def add(self, login: str, name: str, role: str, area: str, *, actor: str) -> str:
        """Make an account (or one that was ended anew); returns its password. Raises AccountRefused."""
        self._require(login, name, role, area)
        password = "-".join("".join(secrets.choice(_SIGNS) for _ in range(4)) for _ in range(4))
        with self._engine.begin() as connection:
            before = people.find_account(connection, login)
            if before is not None and not before.disabled_at:
                raise AccountRefused(f"账号 {login} 已经有人用；忘了口令就先停用，再新建")
            people.put_account(
                connection, login=login, name=name, role=role, area=area, secret=self._hasher.hash(password),
                created_at=self._now(), created_by=actor, disabled_at="", disabled_by="",
            )  # fmt: skip
            self._audit.append(
                connection, actor=actor, action="account.add", object_=login, reason=role, result=area or "ok"
            )
        return password

    def disable(self, login: str, *, actor: str) -> None:
        """End an account; its sessions end within seconds. Raises AccountRefused."""
        with self._engine.begin() as connection:
            if not people.disable_account(connection, login, self._now(), actor):
                raise AccountRefused(f"没有在用的账号 {login}")
            self._audit.append(connection, actor=actor, action="account.disable", object_=login)

    def all(self) -> list[dict[str, Any]]:
        """Every account, without its secret."""
        with self._reading.connect() as connection:
            rows = people.read_accounts(connection)
        shown = ("login", "name", "role", "area", "created_at", "created_by", "disabled_at", "disabled_by")
        return [{name: getattr(row, name) for name in shown} for row in rows]

    def sign_in(self, login: str, password: str) -> Officer | None:
        """Who it is, when the password is right and the account in use; who signed in is audited."""
        with self._reading.connect() as connection:
            row = people.find_account(connection, login)
        known = row is not None and not row.disabled_at
        if not self._verified(row.secret if row is not None and known else self._nobody, password) or not known:
            return None
        with self._engine.begin() as connection:
            self._audit.append(connection, actor=login, action="session.open", object_=login)
        return self.current(login)

    def current(self, login: str) -> Officer | None:
        """Who it is now; None once the account has been ended."""
        with self._reading.connect() as connection:
            row = people.find_account(connection, login)
        return None if row is None or row.disabled_at else Officer(row.login, row.name, Role(row.role), row.area)

    def require_admin(self, login: str) -> None:
        """Raise AccountRefused unless this is a county's administrator."""
        officer = self.current(login)
        if officer is None or officer.role is not Role.COUNTY_ADMIN:
            raise AccountRefused(f"{login} 不是在用的县管理员账号")

    def _verified(self, secret: str, password: str) -> bool:
        try:
            return self._hasher.verify(secret, password)
        except (VerificationError, InvalidHashError):
            return False

    def _require(self, login: str, name: str, role: str, area: str) -> None:
        if not LOGIN.fullmatch(login):
            raise AccountRefused("账号用小写字母开头，2 到 32 个字母、数字、点或横线")
        if not 0 < len(name) <= NAME_LENGTH:
            raise AccountRefused(f"姓名不能为空，至多 {NAME_LENGTH} 个字")
        if role not in set(Role):
            raise AccountRefused(f"没有角色“{role}”；可用：{'、'.join(Role)}")
        try:
            require_area(Role(role), area)
        except WrongArea as wrong:
            raise AccountRefused(str(wrong)) from wrong
        if area[:6] not in self._counties:
            raise AccountRefused(f"辖区 {area} 不在本系统的县内：{'、'.join(self._counties)}")

    def _now(self) -> str:
        return self._clock.now().isoformat(timespec="seconds")
