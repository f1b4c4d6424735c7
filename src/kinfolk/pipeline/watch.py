"""What a run tells those who watch it."""

from __future__ import annotations

from typing import Protocol

from kinfolk.model.run import StepRecord


class Watcher(Protocol):
    """Hears of each step as it begins, as it goes on, and when it is done."""

    def begin(self, title: str) -> None:
        """A step begins."""

    def tell(self, words: str) -> None:
        """The step has something to say of how far it is."""

    def note(self, words: str) -> None:
        """Something a person should know, which stays on the screen."""

    def done(self, record: StepRecord) -> None:
        """The step is done."""


class Silent:
    """Nobody watches."""

    def begin(self, title: str) -> None:
        """Says nothing."""

    def tell(self, words: str) -> None:
        """Says nothing."""

    def note(self, words: str) -> None:
        """Says nothing."""

    def done(self, record: StepRecord) -> None:
        """Says nothing."""
