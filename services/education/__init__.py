"""What the education bureau sends, and how it becomes what education states."""
