"""HTTP APIs that answer with JSON, or with a file."""
