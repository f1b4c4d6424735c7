"""The door for events: each is checked, judged, and on disk before anybody is thanked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from filelock import FileLock, Timeout

from kinfolk.commands.collect.counts import read_counts, write_counts
from kinfolk.commands.collect.event import Arrival
from kinfolk.commands.collect.gate import gate_of, ledger_of
from kinfolk.commands.collect.lags import Lags
from kinfolk.commands.collect.ledger import Ledger
from kinfolk.commands.collect.logs import taking_in
from kinfolk.commands.collect.stream import Stream
from kinfolk.connectors.collect.log import Log, LogFullError, make_private
from kinfolk.errors import BusyError, KinfolkError
from kinfolk.model.project import Project
from kinfolk.model.secret import revealed
from kinfolk.pipeline.ledger import check_ledger

_UNKNOWN_KEY = "unknown write key"
_HIDDEN = "***"  # ends the key in an event of Jitsu's program, which says it in a header only


class Outcome(StrEnum):
    """What became of a request."""

    TAKEN = "taken"  # on disk, but for what was closed or refused
    REFUSED = "refused"  # nothing in it could be taken in, and nothing could be if it came again
    UNKNOWN_KEY = "unknown key"
    BUSY = "busy"  # too much is waiting for the disk
    NO_DISK = "no disk"  # what came cannot be written
    NO_LEDGER = "no ledger"  # what was consented to cannot be looked up


# Of several answers to one request, the last of these is given: what failed for a moment shall come again, whole.
_WEIGHTS = (Outcome.REFUSED, Outcome.TAKEN, Outcome.BUSY, Outcome.NO_LEDGER, Outcome.NO_DISK)


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
        self.project = project
        self.folder = project.collected
        self.counts = read_counts(self.folder)
        self.lags = Lags()
        self._ledger = ledger_of(project)
        self._streams = _streams_of(project, self._ledger, {})
        self._left: dict[str, Stream] = {}  # of sources that are gone, by name; a request may still write to them
        self._saved = ""  # what has come since they were written down is in them now, too

    def reopen(self, project: Project) -> None:
        """Goes on with the project as it is now, from any thread. A source that is still there keeps its log.

        Errors  KinfolkError if its events lie elsewhere, or as of `opened`; EngineError as when it was made
        """
        if project.collected != self.folder:
            raise KinfolkError("Its state lies in another folder now.", hint="Start `kinfolk serve` anew.")
        before, asked = self._by_name(), self._ledger
        _check(project)
        ledger = ledger_of(project)
        try:
            self._streams = _streams_of(project, ledger, self._left | before)
        except OSError:
            if ledger:
                ledger.close()
            raise
        self.project, self._ledger = project, ledger
        self._close_left()
        self._left = {name: stream for name, stream in before.items() if name not in self.sources}
        if asked:
            asked.close()

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the sources that events go to."""
        return tuple(sorted(self._by_name()))

    def knows(self, key: str | None) -> bool:
        """Whether the key leads to a source."""
        return key in self._streams

    async def take(self, key: str | None, events: Sequence[Any], arrival: Arrival) -> Answer:
        """Writes down what is sound, new and may be used. It is on disk when the answer says that it is taken.

        key  of the request; an event that names one of its own goes where that leads
        """
        shares, strangers = self._shared_out(key, events)
        if strangers:
            self.counts.refuse("", _UNKNOWN_KEY, strangers)
        if not shares:
            return Answer(Outcome.UNKNOWN_KEY if strangers or not self.knows(key) else Outcome.TAKEN)
        answers = [await self._take(stream, share, arrival) for stream, share in shares]
        outcome = max((answer.outcome for answer in answers), key=_WEIGHTS.index)
        causes = [cause for answer in answers for cause in answer.causes] + [_UNKNOWN_KEY] * strangers
        return Answer(outcome, sum(answer.taken for answer in answers), tuple(causes))

    def _shared_out(self, key: str | None, events: Sequence[Any]) -> tuple[list[tuple[Stream, list[Any]]], int]:
        """Each source's part of the events, and how many lead to none."""
        streams, found, strangers = self._streams, dict[str, tuple[Stream, list[Any]]](), 0
        for event in events:
            stream = streams.get(_own_key(event) or key or "")
            if stream is None:
                strangers += 1
            else:
                found.setdefault(stream.name, (stream, []))[1].append(event)
        return list(found.values()), strangers

    async def _take(self, stream: Stream, events: Sequence[Any], arrival: Arrival) -> Answer:
        if stream.gate and not stream.gate.open:
            return Answer(Outcome.NO_LEDGER)
        if stream.gate and (odd := stream.gate.unread(events)):
            await asyncio.to_thread(stream.gate.read, odd)
        made = stream.made_of(events, arrival)
        new, reached = list[str](), 0
        if made.lines:
            outcome, new, reached = await self._written(stream, made.lines)
            if outcome is not Outcome.TAKEN:
                return Answer(outcome)
            self.lags.came(len(new), time.monotonic())
        stream.count(self.counts, made, new, reached)
        handled = made.lines or made.closed
        return Answer(Outcome.TAKEN if handled else Outcome.REFUSED, len(made.lines), tuple(made.causes))

    async def _written(self, stream: Stream, lines: Mapping[str, bytes]) -> tuple[Outcome, list[str], int]:
        """What became of the lines, which of them are new, and the place behind the last of them."""
        try:
            new, written, waiting = stream.write(lines)
        except LogFullError:
            return Outcome.BUSY, [], 0
        try:
            for one in waiting:
                await asyncio.wrap_future(one)
        except OSError:
            stream.forget(new)
            return Outcome.NO_DISK, [], 0
        return Outcome.TAKEN, new, written.result() if written else 0

    def refuse(self, key: str | None, cause: str) -> None:
        """Counts a request that holds no events that could be read."""
        stream = self._streams.get(key or "")
        self.counts.refuse(stream.name if stream else "", cause)

    def save(self) -> None:
        """Writes the counts down, where they have changed. Errors: OSError"""
        self.counts.lag = self.lags.told() or self.counts.lag
        now = repr(self.counts)
        if now != self._saved:
            write_counts(self.folder, self.counts)
            self._saved = now

    def close(self) -> None:
        """Writes what is waiting, and ends."""
        for stream in self._by_name().values():
            stream.log.close()
        self._close_left()
        if self._ledger:
            self._ledger.close()
        with suppress(OSError):  # on a full disk the counts of the last second are lost, no event is
            self.save()

    def _by_name(self) -> dict[str, Stream]:
        return {stream.name: stream for stream in self._streams.values()}

    def _close_left(self) -> None:
        """Ends those that are gone, but for one whose source is back and has its log."""
        for name, stream in self._left.items():
            if name not in self.sources:
                stream.log.close()
        self._left = {}


def _own_key(event: Any) -> str | None:
    own = event.get("writeKey") if isinstance(event, dict) else None
    return own if isinstance(own, str) and not own.endswith(_HIDDEN) else None


def _streams_of(project: Project, ledger: Ledger | None, known: Mapping[str, Stream]) -> dict[str, Stream]:
    """Write key -> where its events go. known: streams there are already, by name"""
    found = dict[str, Stream]()
    for source in taking_in(project):
        there = known.get(source.name)
        log = there.log if there else Log(project.collected / source.name)
        stream = Stream(source.name, log, gate_of(source, project, ledger), there.recent if there else {})
        found |= dict.fromkeys(revealed(source.options["write_keys"]), stream)
    return found


def _check(project: Project) -> None:
    """Errors: KinfolkError if this environment takes in no events of its own, or what people said would be lost"""
    if project.landing_of:
        raise KinfolkError(
            f"This environment has no landing of its own: it reads that of {project.landing_of}.",
            hint=f"Run `kinfolk serve -e {project.landing_of}`.",
        )
    check_ledger(project)


@contextmanager
def opened(project: Project) -> Iterator[Door]:
    """The door, which closes with the block.

    Errors  BusyError if another process holds it; KinfolkError if this environment reads another's landing, or where
            what people said against a purpose would lose its force
    """
    _check(project)
    make_private(project.collected)
    lock = FileLock(project.collected / "door.lock", mode=0o600)
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
