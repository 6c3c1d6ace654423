"""A whole installation to and from one folder, and what makes its parts agree again after a restore."""
