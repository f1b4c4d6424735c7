"""Being told to stop: by Ctrl-C, or by whatever ends processes."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType

from kinfolk.errors import KinfolkError


class Stopped(BaseException):
    """The process was told to stop; no `except Exception` on the way shall take it for a failure."""

    def __init__(self, number: int) -> None:
        name = signal.Signals(number).name
        super().__init__(f"Stopped by {name}.")
        self.exit_code = 128 + number
        self.problem = KinfolkError(f"Stopped by {name}.", hint="What was published before is untouched.")


_heard: list[Stopped] = []


@contextmanager
def on_signals() -> Iterator[None]:
    """While the block runs, SIGINT and SIGTERM end it as Stopped, whatever comes of it on the way out."""
    before = {number: signal.signal(number, _hear) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except BaseException as error:
        # The database turns what a signal raises inside a query into an error of its own.
        if _heard and not isinstance(error, Stopped | SystemExit):
            raise _heard[-1] from error
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _heard.clear()


@contextmanager
def gently(stop: Event) -> Iterator[None]:
    """While the block runs, the first signal sets `stop` and ends a run before its next step; the second ends all.

    That the block was ended so is no failure.
    """

    def hear(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            _hear(number, frame)
        stop.set()
        _heard.append(Stopped(number))

    before = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except Stopped:
        pass
    finally:
        _heard.clear()
        for number, handler in before.items():
            signal.signal(number, handler)


def check() -> None:
    """Errors: Stopped, when a signal was heard and what it raised was lost in some library on the way."""
    if _heard:
        raise _heard[-1]


def _hear(number: int, _frame: FrameType | None) -> None:
    _heard.append(Stopped(number))
    raise _heard[-1]
