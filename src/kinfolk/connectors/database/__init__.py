"""Databases: one way to read them all, and one file for what is particular to each."""
