"""Accounts as rows: who may sign in, as what, since when, and who said so."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from services.alerts.store.rows import AccountRow, table_of

ACCOUNTS = table_of(AccountRow)


def find_account(connection: Connection, login: str) -> Row[Any] | None:
    """One account, or None."""
    return connection.execute(select(ACCOUNTS).where(ACCOUNTS.c.login == login)).first()


def read_accounts(connection: Connection) -> Sequence[Row[Any]]:
    """Every account, by login."""
    return connection.execute(select(ACCOUNTS).order_by(ACCOUNTS.c.login)).all()


def put_account(connection: Connection, **values: str) -> None:
    """A new account, in place of one of that login."""
    connection.execute(delete(ACCOUNTS).where(ACCOUNTS.c.login == values["login"]))
    connection.execute(insert(ACCOUNTS).values(**values))


def disable_account(connection: Connection, login: str, at: str, by: str) -> bool:
    """End an account; false when none of that login is in use."""
    in_use = (ACCOUNTS.c.login == login) & (ACCOUNTS.c.disabled_at == "")
    return connection.execute(update(ACCOUNTS).where(in_use).values(disabled_at=at, disabled_by=by)).rowcount == 1
