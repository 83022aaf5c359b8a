"""What things cost, measured: each module is a command that prints its figures."""
