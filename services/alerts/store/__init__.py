"""Where alerts keeps what it knows: words, facts, alerts and the ledger, in SQLite or PostgreSQL by URL."""

from services.alerts.store.store import MIGRATIONS, Store

__all__ = ["MIGRATIONS", "Store"]
