"""Files of our own that are gone when they are no longer needed."""

from __future__ import annotations

import os
import tempfile
import weakref
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from kinfolk.model.locator import Locator


class TemporaryFile:
    """A temporary file, gone when it is discarded, forgotten, or the process ends; only its owner can read it."""

    def __init__(self, ending: str = ".txt") -> None:
        self._descriptor, name = tempfile.mkstemp(prefix="kinfolk-", suffix=ending)
        self.path = Path(name)
        self._remove = weakref.finalize(self, self.path.unlink, missing_ok=True)

    def filled(self, blocks: Iterable[bytes]) -> Path:
        """Its path, once it holds these bytes; to be called once."""
        with os.fdopen(self._descriptor, "wb") as file:
            for block in blocks:
                file.write(block)
        return self.path

    def discard(self) -> None:
        """Removes it; a second time does nothing."""
        self._remove()


def kept_for(locator: Locator, file: TemporaryFile) -> Locator:
    """The locator, which reads from `file`, made to remove it when the rows are in."""
    inner = locator.discard

    def discard() -> None:
        if inner:
            inner()
        file.discard()

    return replace(locator, discard=discard)
