"""The door for events: each is checked, told from those that came before, and on disk before anybody is thanked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any

from filelock import FileLock, Timeout

from kinfolk.commands.collect.counts import read_counts, write_counts
from kinfolk.commands.collect.event import Arrival, RefusedError, line_of
from kinfolk.connectors.collect.log import Log, LogFullError
from kinfolk.errors import BusyError, KinfolkError
from kinfolk.model.project import Project
from kinfolk.model.secret import revealed
from kinfolk.model.source import COLLECT
from kinfolk.pipeline.arrivals import active_sources

_REMEMBERED = 200_000  # message ids of one source


class Outcome(StrEnum):
    """What became of a request."""

    TAKEN = "taken"  # on disk
    REFUSED = "refused"  # nothing in it could be taken in, and nothing could be if it came again
    UNKNOWN_KEY = "unknown key"
    BUSY = "busy"  # too much is waiting for the disk
    NO_DISK = "no disk"  # what came cannot be written


@dataclass(frozen=True)
class Answer:
    """The outcome; taken: events that are on disk now, or were; causes: why others are not, one for each."""

    outcome: Outcome
    taken: int = 0
    causes: tuple[str, ...] = ()


class _Stream:
    """One source's log, and which messages it has of late."""

    def __init__(self, name: str, log: Log) -> None:
        self.name = name
        self.log = log
        self.recent: dict[str, Future[None]] = {}

    def write(self, lines: Mapping[str, bytes]) -> tuple[list[str], set[Future[None]]]:
        """Adds what is new, and says what that is, and what to wait for: this write, and those of what is repeated.

        Errors  LogFullError
        """
        new = [message for message in lines if message not in self.recent]
        waiting = {self.recent[message] for message in lines if message in self.recent}
        if new:
            written = self.log.append(b"".join(lines[message] for message in new))
            waiting.add(written)
            self.recent.update(dict.fromkeys(new, written))
            for message in list(islice(self.recent, max(len(self.recent) - _REMEMBERED, 0))):
                del self.recent[message]
        return new, waiting

    def forget(self, messages: Sequence[str]) -> None:
        """Messages that did not reach the disk have never come."""
        for message in messages:
            self.recent.pop(message, None)


class Door:
    """Takes in events for the sources of one environment. One process at a time may hold it open; see `opened`."""

    def __init__(self, project: Project) -> None:
        self.folder = project.collected
        self.counts = read_counts(self.folder)
        self._streams: dict[str, _Stream] = {}
        for source in active_sources(project):
            keys = revealed(source.options).get("write_keys", ()) if source.connector == COLLECT else ()
            if keys:
                stream = _Stream(source.name, Log(self.folder / source.name))
                self._streams |= dict.fromkeys(keys, stream)
        self._saved = repr(self.counts)

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the sources that events go to."""
        return tuple(sorted({stream.name for stream in self._streams.values()}))

    def knows(self, key: str | None) -> bool:
        """Whether the key leads to a source."""
        return key in self._streams

    async def take(self, key: str | None, events: Sequence[Any], arrival: Arrival) -> Answer:
        """Writes down what is sound and new. It is on disk when the answer says that it is taken."""
        stream = self._streams.get(key or "")
        if stream is None:
            self.counts.refuse("", "unknown write key", len(events))
            return Answer(Outcome.UNKNOWN_KEY)
        lines, causes = dict[str, bytes](), list[str]()
        for event in events:
            try:
                message, line = line_of(event, arrival)
                lines.setdefault(message, line)
            except RefusedError as refused:
                causes.append(str(refused))
        if not lines:
            self._count_refused(stream, causes)
            return Answer(Outcome.REFUSED if causes else Outcome.TAKEN, 0, tuple(causes))
        outcome = await self._written(stream, lines, len(events) - len(causes))
        if outcome is not Outcome.TAKEN:
            return Answer(outcome)
        self._count_refused(stream, causes)
        return Answer(outcome, len(lines), tuple(causes))

    async def _written(self, stream: _Stream, lines: Mapping[str, bytes], came: int) -> Outcome:
        try:
            new, waiting = stream.write(lines)
        except LogFullError:
            return Outcome.BUSY
        try:
            for one in waiting:
                await asyncio.wrap_future(one)
        except OSError:
            stream.forget(new)
            return Outcome.NO_DISK
        self.counts.received[stream.name] += len(new)
        if came > len(new):
            self.counts.repeated[stream.name] += came - len(new)
        return Outcome.TAKEN

    def _count_refused(self, stream: _Stream, causes: Sequence[str]) -> None:
        for cause in causes:
            self.counts.refuse(stream.name, cause)

    def refuse(self, key: str | None, cause: str) -> None:
        """Counts a request that holds no events that could be read."""
        stream = self._streams.get(key or "")
        self.counts.refuse(stream.name if stream else "", cause)

    def save(self) -> None:
        """Writes the counts down, where they have changed. Errors: OSError"""
        now = repr(self.counts)
        if now != self._saved:
            write_counts(self.folder, self.counts)
            self._saved = now

    def close(self) -> None:
        """Writes what is waiting, and ends."""
        for stream in {id(stream): stream for stream in self._streams.values()}.values():
            stream.log.close()
        with suppress(OSError):  # on a full disk the counts of the last second are lost, no event is
            self.save()


@contextmanager
def opened(project: Project) -> Iterator[Door]:
    """The door, which closes with the block.

    Errors  BusyError if another process holds it; KinfolkError if the project collects nothing in this environment
    """
    if project.landing_of:
        raise KinfolkError(
            f"This environment has no landing of its own: it reads that of {project.landing_of}.",
            hint=f"Run `kinfolk serve -e {project.landing_of}`.",
        )
    if not any(s.connector == COLLECT and "write_keys" in s.options for s in active_sources(project)):
        raise KinfolkError(
            "No source of the project collects events, so there is nothing to serve.",
            where="sources/",
            hint='Describe one, such as sources/web.yml with `collect: {write_keys: ["${WEB_KEY}"]}`.',
        )
    project.collected.mkdir(parents=True, exist_ok=True)
    lock = FileLock(project.collected / "door.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise BusyError(
            "Another process already takes in events for this project.", hint="Stop it first; one is enough."
        ) from None
    door = Door(project)
    try:
        yield door
    finally:
        door.close()
        lock.release()
