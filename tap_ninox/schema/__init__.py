"""What there is to read, under which names, and what changed about it."""
