"""Which records are there already, and which record a key means."""
