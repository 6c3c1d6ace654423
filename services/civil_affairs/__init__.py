"""What the civil affairs bureau sends, and how it becomes what civil affairs states."""
