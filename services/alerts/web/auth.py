"""Who may: a bearer key for commands, a session cookie for people; form tokens, and a limit on attempts."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request, Response

from services.alerts.accounts import Accounts, Officer
from shouwang.kit.clock import Clock
from shouwang.kit.observe import get_logger
from shouwang.kit.problems import Problem, trace_id

IDLE: Final = timedelta(minutes=30)
LONGEST: Final = timedelta(hours=8)
"""A session ends after so long without a request, and after so long in any case (A15 of the trust matrix)."""
ASK_AGAIN: Final = timedelta(seconds=2)
"""How long an account is taken to be in use still: its sessions end within 5 s of its end (A15)."""
COUNTY_DIGITS: Final = 6
TRIES: Final = 5
PAUSE: Final = timedelta(minutes=1)
"""After five wrong keys from one address in a row the next is heard a minute later."""
KEPT_ADDRESSES: Final = 10_000
COUNTY_KEY: Final = "county"
"""Whom the audit chain names for whoever shows the county's key, a command or a person."""
SESSION: Final = "shouwang_session"
FORM: Final = "shouwang_form"
"""Cookie of a visitor who has not signed in; the sign-in form's token is bound to it."""


class SignInNeeded(Exception):
    """The page is for people who have signed in."""


@dataclass(slots=True)
class Session:
    """One signed-in browser."""

    token: str
    csrf: str
    began: datetime
    seen: datetime
    actor: str
    """As the audit chain names whoever it is."""
    officer: Officer | None = None
    """Who has signed in with an account; None for whoever showed the county's key."""
    asked: datetime | None = None
    """When it was last asked whether the account is still in use."""

    @property
    def area(self) -> str:
        """The beginning of the village codes that may be seen; empty: all of the county."""
        return self.officer.area if self.officer and len(self.officer.area) > COUNTY_DIGITS else ""

    @property
    def county(self) -> str:
        """The one county that may be seen; empty: every one served."""
        return self.officer.area[:COUNTY_DIGITS] if self.officer else ""

    @property
    def title(self) -> str:
        """Who it is, for the head of a page."""
        return f"{self.officer.name}　{self.officer.role}" if self.officer else "县级密钥"


class Sessions:
    """Sessions of this process, in its memory: a restart signs everybody out."""

    def __init__(self, clock: Clock, accounts: Accounts) -> None:
        self._clock, self._accounts = clock, accounts
        self._open: dict[str, Session] = {}

    def open(self, actor: str, officer: Officer | None = None) -> Session:
        """A session under a fresh token."""
        now = self._clock.now()
        self._open = {token: session for token, session in self._open.items() if not _over(session, now)}
        session = Session(secrets.token_urlsafe(32), secrets.token_urlsafe(32), now, now, actor, officer, now)
        self._open[session.token] = session
        return session

    def find(self, token: str) -> Session | None:
        """The session, if it is not over; being asked for keeps it open."""
        now, session = self._clock.now(), self._open.get(token)
        if session is None or _over(session, now) or not self._may_go_on(session, now):
            self._open.pop(token, None)
            return None
        session.seen = now
        return session

    def _may_go_on(self, session: Session, now: datetime) -> bool:
        """Whether the account is in use still; role and area are those it has now."""
        if session.officer and (session.asked is None or not timedelta() <= now - session.asked < ASK_AGAIN):
            session.officer, session.asked = self._accounts.current(session.officer.login), now
            return session.officer is not None
        return True

    def close(self, token: str) -> None:
        """Sign out."""
        self._open.pop(token, None)


def _over(session: Session, now: datetime) -> bool:
    return now - session.seen > IDLE or now - session.began > LONGEST


class Attempts:
    """Wrong keys by address."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wrong: dict[str, tuple[int, datetime]] = {}

    def refuse_if_too_many(self, address: str) -> None:
        """Raises a 429 problem while an address has to wait."""
        count, last = self._wrong.get(address, (0, self._clock.now()))
        left = (last + PAUSE - self._clock.now()).total_seconds()
        if count >= TRIES and left > 0:
            headers = {"Retry-After": str(int(left) + 1)}
            raise Problem(429, "too_many_attempts", "试错次数过多", "请一分钟后再试。", headers)

    def wrong(self, address: str) -> None:
        """One more wrong key."""
        if len(self._wrong) >= KEPT_ADDRESSES:
            self._wrong.clear()
        self._wrong[address] = (self._wrong.get(address, (0, None))[0] + 1, self._clock.now())

    def right(self, address: str) -> None:
        """A right key: what was wrong before is forgotten."""
        self._wrong.pop(address, None)


class Gate:
    """Lets people and commands in, or raises: SignInNeeded for pages, a 401 problem for the API."""

    def __init__(self, key: str, clock: Clock, accounts: Accounts) -> None:
        self._key, self._accounts = key, accounts
        self._form_secret = secrets.token_bytes(32)
        self.sessions, self.attempts = Sessions(clock, accounts), Attempts(clock)

    def signed_in(self, request: Request) -> Session:
        """For whoever has signed in: the session."""
        session = self.sessions.find(request.cookies.get(SESSION, ""))
        if session is None:
            raise SignInNeeded
        return session

    def page(self, request: Request) -> Session:
        """For pages about households: the session; raises a 403 problem for roles that see none."""
        session = self.signed_in(request)
        if session.officer and not session.officer.sees_households:
            title = f"{session.officer.role}不能查看预警"
            raise Problem(403, "role_without_pages", title, "需要查看时，请县管理员另开账号。")
        return session

    def reads(self, request: Request) -> str:
        """For reading the API, the key or a session opened with it; gives the actor.

        An officer's session is no leave: what the API reads is the county's whole.
        """
        session = self.sessions.find(request.cookies.get(SESSION, ""))
        if "authorization" not in request.headers and session and session.officer is None:
            return session.actor
        return self.acts(request)

    def acts(self, request: Request) -> str:
        """For changing anything over the API, the key; gives the actor.

        A cookie is no leave: no other site can act through it.
        """
        address = address_of(request)
        self.attempts.refuse_if_too_many(address)
        shown = request.headers.get("authorization", "")
        if hmac.compare_digest(shown.encode(), f"Bearer {self._key}".encode()):
            return COUNTY_KEY
        if shown:
            self.attempts.wrong(address)
        raise Problem(401, "wrong_key", headers={"WWW-Authenticate": "Bearer"})

    def sign_in(self, request: Request, key: str, login: str = "") -> Session | None:
        """A fresh session for an account's password, or without a login for the county's key.

        Raises a 429 problem after too many wrong ones.
        """
        address = address_of(request)
        self.attempts.refuse_if_too_many(address)
        officer = self._accounts.sign_in(login.strip(), key.strip()) if login.strip() else None
        if officer is None and (login.strip() or not hmac.compare_digest(key.strip().encode(), self._key.encode())):
            self.attempts.wrong(address)
            get_logger(stage="triage").warning("sign_in", ok=False, trace_id=trace_id(request))
            return None
        get_logger(stage="triage").info("sign_in", ok=True, trace_id=trace_id(request))
        self.attempts.right(address)
        self.sessions.close(request.cookies.get(SESSION, ""))
        return self.sessions.open(officer.login if officer else COUNTY_KEY, officer)

    def form_token(self, visitor: str) -> str:
        """The token of the sign-in form of one visitor."""
        return hmac.digest(self._form_secret, visitor.encode(), "sha256").hex()

    def check_form(self, request: Request, shown: str, expected: str) -> None:
        """Raises a 403 problem unless a form was sent from our own page."""
        if not (_own_site(request) and expected and hmac.compare_digest(shown.encode(), expected.encode())):
            raise Problem(403, "foreign_form", "表单已失效", "请返回上一页，刷新后再提交。")


def _own_site(request: Request) -> bool:
    """False when the browser says the form came from elsewhere; where it says nothing the token decides."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin", "null")
    if site is not None and site not in ("same-origin", "none"):
        return False
    return origin == "null" or urlsplit(origin).netloc == request.headers.get("host")


def address_of(request: Request) -> str:
    """The address attempts are counted by: the connection's own, since a header can say anything."""
    return request.client.host if request.client else "unknown"


def set_cookie(request: Request, response: Response, name: str, value: str) -> None:
    """A cookie no script reads and no other site sends; Secure wherever the page came over TLS."""
    secure = request.url.scheme == "https"
    response.set_cookie(name, value, httponly=True, samesite="strict", secure=secure, path="/")
