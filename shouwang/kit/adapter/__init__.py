"""What a department's adapter is made of: a declaration, and everything that follows from it."""
