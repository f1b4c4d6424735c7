"""Kinfolk: one accurate, lawful, governed record per customer, from a folder of text files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kinfolk.commands.match import Matcher

__all__ = ["Matcher", "__version__"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Imports `Matcher` when it is first asked for: most that imports this package needs none of what it needs."""
    if name == "Matcher":
        from kinfolk.commands.match import Matcher

        return Matcher
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
