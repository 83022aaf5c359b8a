"""What there is to read, and under which names it goes."""
