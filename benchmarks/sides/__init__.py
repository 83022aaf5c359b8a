"""What runs in the processes that are measured, each in the environment of the library it shows."""
