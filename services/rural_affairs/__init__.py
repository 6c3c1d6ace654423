"""What the agriculture and rural affairs bureau sends, and how it becomes what rural affairs states."""
