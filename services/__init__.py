"""One folder per service: the departments, the vault, and alerts."""
