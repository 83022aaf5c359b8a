"""The streams of tables: read whole once, then followed by the change feed."""
