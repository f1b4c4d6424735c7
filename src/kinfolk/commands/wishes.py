"""What people at the pages want to be done: commands of ours, one after the other, by whoever runs the project."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Lock

from kinfolk.errors import BusyError, NotFoundError
from kinfolk.model.project import Project

_MOST = 20  # that may wait; somebody who presses a button again and again wants it once


@dataclass(frozen=True)
class Ran:
    """How a run ended: its exit code, and what is to be said of it; nothing if it changed nothing."""

    exit_code: int
    said: str


@dataclass(frozen=True)
class Wish:
    """A command: its words after `kinfolk`. by: who wants it"""

    asked: tuple[str, ...]
    by: str

    def __str__(self) -> str:
        return " ".join(self.asked)


@dataclass
class Wishes:
    """Those that wait, the one that is being done, and how the last ended."""

    fulfil: Callable[[tuple[str, ...]], Ran]
    going: Wish | None = None
    last: tuple[Wish, Ran] | None = None
    added: Event = field(default_factory=Event, repr=False)  # since somebody last looked, there is another
    _waiting: deque[Wish] = field(default_factory=deque, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def waiting(self) -> tuple[Wish, ...]:
        """Those that nobody has begun."""
        with self._lock:
            return tuple(self._waiting)

    def add(self, wish: Wish) -> bool:
        """Wishes for it, unless the same waits already; whether it waits now."""
        with self._lock:
            if wish.asked in [other.asked for other in self._waiting]:
                return True
            if len(self._waiting) >= _MOST:
                return False
            self._waiting.append(wish)
            self.added.set()
            return True

    def run(self, by: str) -> bool:
        """Wishes for a run."""
        return self.add(Wish(("run",), by))

    def replay(self, project: Project, source: str | None, by: str) -> bool:
        """Wishes that corrected rows of a source, or of all, are landed again. Errors: NotFoundError for the source"""
        if source is not None and source not in {one.name for one in project.sources}:
            raise NotFoundError(f"There is no source {source!r}.")
        return self.add(Wish(("quarantine", "replay", *([source] if source else [])), by))

    def next(self) -> Wish | None:
        """The one that waits longest, which waits no longer."""
        with self._lock:
            return self._waiting.popleft() if self._waiting else None

    def do(self, wish: Wish) -> Ran:
        """Does it, and keeps how that ended. Where another process has the project, it waits again."""
        self.going = wish
        try:
            ran = self.fulfil(wish.asked)
        except (OSError, ValueError) as error:
            ran = Ran(1, str(error))
        finally:
            self.going = None
        if ran.exit_code != BusyError.exit_code:
            self.last = wish, ran
            return ran
        with self._lock:
            if wish.asked not in [other.asked for other in self._waiting]:
                self._waiting.appendleft(wish)
        return ran

    def went_well(self) -> None:
        """A later run ended well, so that an earlier failure is no news any more."""
        if self.last and self.last[1].exit_code:
            self.last = None
