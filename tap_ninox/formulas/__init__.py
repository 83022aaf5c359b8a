"""Formulas: computed by Ninox, asked for by query, joined to their rows."""
