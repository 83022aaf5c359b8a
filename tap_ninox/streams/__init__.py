"""The streams: tables, lists about them, queries, files."""
