"""The only code that knows the whole way, from files to golden profiles."""
