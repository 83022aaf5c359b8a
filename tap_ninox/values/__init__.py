"""Ninox values → Singer values: which properties a field becomes, and how they are read."""
