"""The log of events: JSON lines in files that only ever grow, written to disk before anybody is told that they are.

A place in the log is a number of bytes. Each file is called by the place of its first byte, so a reader finds its way
by names alone. Places always grow, but not without gaps: a writer begins well behind whatever was there before, and
never before the clock, in nanoseconds, so that a log that was deleted or brought back gives no place twice either.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from threading import Condition, Thread

from kinfolk.connectors.collect.reading import finished

SEGMENT_BYTES = 64 << 20
MOST_WAITING = 32 << 20
# After a power cut a file may be shorter than a reader has seen it. No place is given twice, because a new file begins
# further behind the old one than there can be bytes on the way to disk.
_GAP = 1 << 32


class LogFullError(Exception):
    """More is waiting for the disk than may; whoever sends shall come again."""


@dataclass
class _Group:
    """Lines that reach the disk together; `done` tells the place of the first of them, or says why they have not."""

    lines: list[bytes] = field(default_factory=list)
    size: int = 0
    done: Future[int] = field(default_factory=Future)

    def __post_init__(self) -> None:
        self.done.set_running_or_notify_cancel()  # one who stops waiting cancels nothing for the others


@dataclass(frozen=True, slots=True)
class Part:
    """Lines that were added. done: shared with all that reach the disk with them; end: how far behind its place"""

    done: Future[int]
    end: int

    def result(self, timeout: float | None = None) -> int:
        """The place behind them, once they are on disk. Errors: OSError if they are not; TimeoutError"""
        return self.done.result(timeout) + self.end


class Log:
    """The one writer of a log. A thread of its own writes; whatever waits meanwhile goes to disk together, next."""

    def __init__(self, folder: Path, segment_bytes: int = SEGMENT_BYTES, most_waiting: int = MOST_WAITING) -> None:
        """Cuts off what an earlier writer left unfinished. Errors: OSError if the folder cannot be written."""
        make_private(folder)
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._most_waiting = most_waiting
        self._next = _mended(folder)
        self._file: int | None = None
        self._size = 0
        self._group = _Group()
        self._changed = Condition()
        self._closing = False
        self._thread = Thread(target=self._work, name=f"log {folder.name}", daemon=True)
        self._thread.start()

    def append(self, lines: bytes) -> Part:
        """Adds whole lines, each with its newline.

        Errors  LogFullError if too much is waiting already
        """
        with self._changed:
            if self._closing or self._group.size + len(lines) > self._most_waiting:
                raise LogFullError
            group = self._group
            group.lines.append(lines)
            group.size += len(lines)
            self._changed.notify()
            return Part(group.done, group.size)

    def close(self) -> None:
        """Writes what is waiting and ends."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()
        self._leave()

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._group.lines and not self._closing:
                    self._changed.wait()
                group, self._group = self._group, _Group()
            if not group.lines:
                return
            try:
                place = self._write(b"".join(group.lines))
            except OSError as error:
                group.done.set_exception(error)
            else:
                group.done.set_result(place)

    def _write(self, data: bytes) -> int:
        """Writes to the end, and returns the place where that begins."""
        if self._file is None or self._size >= self._segment_bytes:
            self._begin()
        assert self._file is not None, "a segment was just begun"
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self._file, rest) :]
            os.fdatasync(self._file)
        except OSError:
            self._take_back()
            raise
        self._size += len(data)
        return self._next + self._size - len(data)

    def _take_back(self) -> None:
        """After a failed write what is in the file is not known, so the next one goes to a new file."""
        assert self._file is not None, "it was just written to"
        try:
            os.ftruncate(self._file, self._size)
            if not self._size:
                self._place().unlink()
        finally:
            end = self._next + self._size + _GAP
            self._leave()
            self._next, self._size = end, 0

    def _begin(self) -> None:
        if self._file is not None:
            self._next += self._size
            self._leave()
        self._size = 0
        self._file = os.open(self._place(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        _sync_folder(self._folder)

    def _place(self) -> Path:
        return self._folder / f"{self._next:020d}.jsonl"

    def _leave(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _mended(folder: Path) -> int:
    """Where the next file begins; a line that an earlier writer did not finish is cut off."""
    last = max(folder.glob("*.jsonl"), default=None)
    if last is None:
        return time.time_ns()
    whole = finished(last)
    os.truncate(last, whole)
    return max(int(last.stem) + whole + _GAP, time.time_ns())


def make_private(folder: Path) -> None:
    """The folder, for the owner's eyes only, with every folder above it that was missing; all of it on disk."""
    if not folder.is_dir():
        make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
