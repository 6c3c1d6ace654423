"""What services are made of, and what runs them."""
