"""What every connector can do."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from kinfolk.model.discovery import Dataset
from kinfolk.model.locator import Locator, Part, Rejection
from kinfolk.model.source import Source


class Connector(Protocol):
    """One outside system: what it has to load, and where the rows of each part are.

    One whose parts lie far away may say by an attribute `ahead` how many are worth opening before their turn.
    """

    def parts(self, source: Source, folder: Path) -> list[Part]:
        """Everything there is to load, sorted by name, each with the fingerprint of its content.

        folder  the project's folder, to which relative paths refer
        Errors  SourceError if there is nothing, or it cannot be reached
        """

    def open(self, source: Source, part: Part) -> tuple[Locator, list[Rejection]]:
        """Where the rows of a part are and how to read them, and rows already known to be unreadable.

        Errors  SourceError if the part cannot be read at all: what, where in it, what to do
        """

    def ping(self, options: Mapping[str, Any], folder: Path) -> str:
        """What was reached, in one sentence; reads no rows.

        options  what a person writes under the connector's key; `discover` and `ping` do without what names a dataset
        Errors   SourceError if it cannot be reached, or refuses
        """

    def discover(self, options: Mapping[str, Any], folder: Path) -> list[Dataset]:
        """What a source could be made of, sorted by name; the datasets that `options` name, where they name any.

        Errors  SourceError if it cannot be reached, or refuses
        """
