"""What departments and alerts say to each other: the published language."""
