"""The files that hang on records: listed, and brought into a store."""
