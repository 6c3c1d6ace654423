"""What facts amount to: pure functions of words, rulebook and day."""
