"""What every connector can do."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from kinfolk.model.locator import Locator, Part, Rejection
from kinfolk.model.source import Source


class Connector(Protocol):
    """One outside system: what it has to load, and where the rows of each part are."""

    def parts(self, source: Source, folder: Path) -> list[Part]:
        """Everything there is to load, sorted by name, each with the fingerprint of its content.

        folder  the project's folder, to which relative paths refer
        Errors  SourceError if there is nothing, or it cannot be reached
        """

    def open(self, source: Source, part: Part) -> tuple[Locator, list[Rejection]]:
        """Where the rows of a part are and how to read them, and rows already known to be unreadable.

        Errors  SourceError if the part cannot be read at all: what, where in it, what to do
        """
