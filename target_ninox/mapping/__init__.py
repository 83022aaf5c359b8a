"""How a stream becomes records of a table: decided once, before anything is written."""
