"""What the health insurance bureau sends, and how it becomes what health states."""
