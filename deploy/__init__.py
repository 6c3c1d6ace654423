"""The jobs that a container installation runs before its services, and the probe of its health checks."""
