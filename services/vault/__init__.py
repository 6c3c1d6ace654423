"""The vault: names, numbers, phones and addresses; its own process, its own database, every call audited."""
