"""Charts of the matching model as HTML pages that need nothing but themselves."""

from kinfolk.interfaces.cli.charts.pages import write

__all__ = ["write"]
