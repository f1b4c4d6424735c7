"""The only runner of SQL over customer data."""
