"""Scripts of the user's own as streams."""
