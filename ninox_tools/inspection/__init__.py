"""What a key can see and what syncing it would cost, without reading a record."""
