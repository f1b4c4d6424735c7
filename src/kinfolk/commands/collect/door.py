"""The door for events: each is checked, judged, and on disk before anybody is thanked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from filelock import FileLock, Timeout

from kinfolk.commands.collect.counts import read_counts, write_counts
from kinfolk.commands.collect.event import Arrival
from kinfolk.commands.collect.gate import Gate
from kinfolk.commands.collect.ledger import Ledger
from kinfolk.commands.collect.stream import Stream
from kinfolk.connectors.collect.log import Log, LogFullError
from kinfolk.errors import BusyError, KinfolkError
from kinfolk.model.project import Project
from kinfolk.model.secret import revealed
from kinfolk.model.source import COLLECT, Source
from kinfolk.pipeline.arrivals import active_sources

_UNKNOWN_KEY = "unknown write key"


class Outcome(StrEnum):
    """What became of a request."""

    TAKEN = "taken"  # on disk, but for what was closed or refused
    REFUSED = "refused"  # nothing in it could be taken in, and nothing could be if it came again
    UNKNOWN_KEY = "unknown key"
    BUSY = "busy"  # too much is waiting for the disk
    NO_DISK = "no disk"  # what came cannot be written
    NO_LEDGER = "no ledger"  # what was consented to cannot be looked up


@dataclass(frozen=True)
class Answer:
    """The outcome; taken: events that are on disk now, or were; causes: why others are not, one for each."""

    outcome: Outcome
    taken: int = 0
    causes: tuple[str, ...] = ()


class Door:
    """Takes in events for the sources of one environment. One process at a time may hold it open; see `opened`."""

    def __init__(self, project: Project) -> None:
        """Errors: EngineError if there is a ledger of consents to ask, and it cannot be read"""
        self.folder = project.collected
        self.counts = read_counts(self.folder)
        self._ledger: Ledger | None = None
        self._streams: dict[str, Stream] = {}
        for source in taking_in(project):
            stream = Stream(source.name, Log(self.folder / source.name), self._gate(source, project))
            self._streams |= dict.fromkeys(revealed(source.options["write_keys"]), stream)
        self._saved = repr(self.counts)

    def _gate(self, source: Source, project: Project) -> Gate | None:
        named = _purposes(source)
        if project.consent is None or not named:
            return None
        if self._ledger is None:
            every = frozenset[str]().union(*map(_purposes, taking_in(project)))
            visitors = frozenset(s.name for s in project.sources if "visitors_of" in s.options)
            self._ledger = Ledger(project.state, every, visitors)
        theirs = [s.name for s in project.sources if revealed(s.options).get("visitors_of") == source.name]
        return Gate(source, project.consent, self._ledger, theirs)

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the sources that events go to."""
        return tuple(sorted({stream.name for stream in self._streams.values()}))

    def knows(self, key: str | None) -> bool:
        """Whether the key leads to a source."""
        return key in self._streams

    async def take(self, key: str | None, events: Sequence[Any], arrival: Arrival) -> Answer:
        """Writes down what is sound, new and may be used. It is on disk when the answer says that it is taken."""
        stream = self._streams.get(key or "")
        if stream is None:
            self.counts.refuse("", _UNKNOWN_KEY, len(events))
            return Answer(Outcome.UNKNOWN_KEY)
        if stream.gate and not stream.gate.open:
            return Answer(Outcome.NO_LEDGER)
        made = stream.made_of(events, arrival)
        new = list[str]()
        if made.lines:
            outcome, new = await self._written(stream, made.lines)
            if outcome is not Outcome.TAKEN:
                return Answer(outcome)
        stream.count(self.counts, made, new)
        handled = made.lines or made.closed or not made.causes
        return Answer(Outcome.TAKEN if handled else Outcome.REFUSED, len(made.lines), tuple(made.causes))

    async def _written(self, stream: Stream, lines: Mapping[str, bytes]) -> tuple[Outcome, list[str]]:
        try:
            new, waiting = stream.write(lines)
        except LogFullError:
            return Outcome.BUSY, []
        try:
            for one in waiting:
                await asyncio.wrap_future(one)
        except OSError:
            stream.forget(new)
            return Outcome.NO_DISK, []
        return Outcome.TAKEN, new

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
        if self._ledger:
            self._ledger.close()
        with suppress(OSError):  # on a full disk the counts of the last second are lost, no event is
            self.save()


def taking_in(project: Project) -> tuple[Source, ...]:
    """Sources that programs send to."""
    return tuple(s for s in active_sources(project) if s.connector == COLLECT and s.options.get("write_keys"))


def _purposes(source: Source) -> frozenset[str]:
    """Everything that events of a source are taken in for."""
    named: Mapping[str, Sequence[str]] = source.options.get("events", {})
    return frozenset(source.options.get("purposes", ())).union(*named.values())


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
    if not taking_in(project):
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
