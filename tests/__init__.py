"""Tests by purpose; README.md says what each kind proves."""
