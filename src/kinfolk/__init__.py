"""Kinfolk: one accurate, lawful, governed record per customer, from a folder of text files."""

__version__ = "0.1.0"
