"""What a run tells those who watch it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from kinfolk.model.project import Project
from kinfolk.model.run import RunRecord, StepRecord


class Watcher(Protocol):
    """Hears of a run, and of each of its steps as it begins, as it goes on, and when it is done."""

    def run_began(self, run_id: int, project: Project) -> None:
        """The run holds the project, and has a number."""

    def run_ended(self, record: RunRecord, error: BaseException | None = None) -> None:
        """The run is over, and recorded; error: what it failed of."""

    def begin(self, title: str) -> None:
        """A step begins."""

    def tell(self, words: str) -> None:
        """The step has something to say of how far it is."""

    def note(self, words: str) -> None:
        """Something a person should know, which stays on the screen."""

    def done(self, record: StepRecord) -> None:
        """The step is done, or has failed."""


class Silent:
    """Nobody watches."""

    def run_began(self, run_id: int, project: Project) -> None:
        """Says nothing."""

    def run_ended(self, record: RunRecord, error: BaseException | None = None) -> None:
        """Says nothing."""

    def begin(self, title: str) -> None:
        """Says nothing."""

    def tell(self, words: str) -> None:
        """Says nothing."""

    def note(self, words: str) -> None:
        """Says nothing."""

    def done(self, record: StepRecord) -> None:
        """Says nothing."""


class Several:
    """Several watch the same run; each hears everything, in order."""

    def __init__(self, watchers: Sequence[Watcher]) -> None:
        self.watchers = watchers

    def run_began(self, run_id: int, project: Project) -> None:
        """Tells all."""
        for watcher in self.watchers:
            watcher.run_began(run_id, project)

    def run_ended(self, record: RunRecord, error: BaseException | None = None) -> None:
        """Tells all."""
        for watcher in self.watchers:
            watcher.run_ended(record, error)

    def begin(self, title: str) -> None:
        """Tells all."""
        for watcher in self.watchers:
            watcher.begin(title)

    def tell(self, words: str) -> None:
        """Tells all."""
        for watcher in self.watchers:
            watcher.tell(words)

    def note(self, words: str) -> None:
        """Tells all."""
        for watcher in self.watchers:
            watcher.note(words)

    def done(self, record: StepRecord) -> None:
        """Tells all."""
        for watcher in self.watchers:
            watcher.done(record)
