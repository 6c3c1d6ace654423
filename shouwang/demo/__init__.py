"""A pretend county: a year of lives as the files five bureaus would send, pushed through the real doors."""
