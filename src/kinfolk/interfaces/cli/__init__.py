"""`kinfolk` on the command line."""

from kinfolk.interfaces.cli.app import main

__all__ = ["main"]
