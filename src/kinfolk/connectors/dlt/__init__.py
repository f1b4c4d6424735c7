"""Resources of dlt, the library that knows hundreds of services."""
