"""What alembic runs for the alerts database, on the connection `shouwang.kit.database.upgrade` holds."""

from alembic import context

from services.alerts.store.rows import AlertsTable
from shouwang.kit.database import migrate

migrate(context, AlertsTable.metadata)
