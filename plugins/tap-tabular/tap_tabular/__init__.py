"""Spreadsheets and CSV files as Singer streams: nothing lost, nothing bent."""
