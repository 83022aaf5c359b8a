"""What changes the database, and what became of it."""
