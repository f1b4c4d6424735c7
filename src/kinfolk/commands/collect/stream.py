"""One source's events on their way into its log: each is checked, judged, and told from those that came before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from kinfolk.commands.collect.counts import Counts
from kinfolk.commands.collect.event import Arrival, ClosedError, RefusedError, line_of, nameless_line_of
from kinfolk.commands.collect.gate import Gate
from kinfolk.connectors.collect.log import Log, Part
from kinfolk.policy.admission import Verdict

_REMEMBERED = 200_000  # message ids of one source


@dataclass
class Made:
    """What became of the events of a request that are one source's.

    lines       message id -> what is to be written
    sound       events that these lines are of; several may have one id
    causes      why others are refused, one for each
    closed      verdicts on events that may not be used for anything
    anonymised  message ids of those of them that are among the lines all the same, without the person
    """

    lines: dict[str, bytes] = field(default_factory=dict)
    sound: int = 0
    causes: list[str] = field(default_factory=list)
    closed: list[Verdict] = field(default_factory=list)
    anonymised: set[str] = field(default_factory=set)


class Stream:
    """The log of a source, its gate, and which messages it has of late. gate: None where nobody is asked"""

    def __init__(self, name: str, log: Log, gate: Gate | None, recent: dict[str, Future[int]]) -> None:
        self.name = name
        self.log = log
        self.gate = gate
        self.recent = recent

    def made_of(self, events: Sequence[Any], arrival: Arrival) -> Made:
        """Lines of what is sound and may be used; nothing is written yet."""
        made = Made()
        judge = self.gate.judge if self.gate else None
        for event in events:
            try:
                message, line = line_of(event, arrival, judge)
            except RefusedError as refused:
                made.causes.append(str(refused))
                continue
            except ClosedError as closed:
                made.closed.append(closed.verdict)
                nameless = self._nameless(event, arrival)
                if nameless is None:
                    continue
                message, line = nameless
                made.anonymised.add(message)
            made.sound += 1
            made.lines.setdefault(message, line)
        return made

    def _nameless(self, event: Mapping[str, Any], arrival: Arrival) -> tuple[str, bytes] | None:
        if self.gate is None or not self.gate.anonymises:
            return None
        try:
            return nameless_line_of(event, arrival, self.gate.keep)
        except RefusedError:
            return None  # it is counted as closed

    def write(self, lines: Mapping[str, bytes]) -> tuple[list[str], Part | None, set[Future[int]]]:
        """Adds what is new, and says what that is, and what to wait for: this write, and those of what is repeated.

        Errors  LogFullError
        """
        new = [message for message in lines if message not in self.recent]
        waiting = {self.recent[message] for message in lines if message in self.recent}
        if not new:
            return new, None, waiting
        written = self.log.append(b"".join(lines[message] for message in new))
        self.recent.update(dict.fromkeys(new, written.done))
        for message in list(islice(self.recent, max(len(self.recent) - _REMEMBERED, 0))):
            del self.recent[message]
        return new, written, waiting | {written.done}

    def forget(self, messages: Sequence[str]) -> None:
        """Messages that did not reach the disk have never come."""
        for message in messages:
            self.recent.pop(message, None)

    def count(self, counts: Counts, made: Made, new: Sequence[str], reached: int) -> None:
        """Counts what a request brought. new: messages that were written; reached: the place behind them in the log"""
        counts.received[self.name] += len(new)
        counts.reached[self.name] = max(counts.reached[self.name], reached)
        counts.repeated[self.name] += made.sound - len(new)
        counts.anonymised[self.name] += len(made.anonymised.intersection(new))
        for cause in made.causes:
            counts.refuse(self.name, cause)
        for verdict in made.closed:
            counts.close(self.name, verdict)
