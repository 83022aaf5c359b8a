"""Answers of Ninox as rows of a stream."""
