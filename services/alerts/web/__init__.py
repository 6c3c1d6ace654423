"""What staff and commands see of alerts: the console and the JSON under /api/v1."""
