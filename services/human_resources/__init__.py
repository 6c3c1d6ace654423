"""What the human resources bureau sends, and how it becomes what human resources states."""
