"""Who may hold which secret: one folder (in containers: one volume) per process, with nothing it does not need."""

from dataclasses import dataclass

from contracts.catalogue import DEPARTMENTS

ALERTS, VAULT = "alerts", "vault"
DATABASES = (*DEPARTMENTS, VAULT, ALERTS)
"""Each with a database and a role of its own, both called so."""

SUPERUSER = "postgres"
INSTALLATION = "installation"
"""The folder with every key: the one to back up. No service mounts it."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one process holds: keys of the ring, and whether the counties' keys are among them."""

    keys: tuple[str, ...]
    counties: bool = False


SHARES: dict[str, Share] = {
    **{
        department: Share(keys=(f"audit-{department}", "service-county", "service-vault"), counties=True)
        for department in DEPARTMENTS
    },
    # Whoever holds a county's key can find the person behind a reference by trying: not alerts (docs/design.md R8).
    ALERTS: Share(keys=("audit-alerts", "service-county", "service-vault")),
    VAULT: Share(keys=("vault", "audit-vault", "service-vault")),
}
