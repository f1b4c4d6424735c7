"""A run under way: its session, what it was asked, and the steps done so far."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kinfolk.engine.duckdb import Session, StepResult, peak_memory_mb
from kinfolk.engine.step import Compute, Exchange, Query, Step
from kinfolk.model.history import Label
from kinfolk.model.project import Project
from kinfolk.model.run import RunOptions, StepRecord
from kinfolk.pipeline.arrivals import Connector, Delivery
from kinfolk.pipeline.watch import Watcher
from kinfolk.tables.identity import MEMBERS
from kinfolk.tables.profiles import CUSTOMERS


@dataclass
class Work:
    """A run under way: its session, the steps done so far, what it found to have arrived.

    run_id  number of the run; 0 where nothing is going to be published
    about   the source the next steps are about, if any
    """

    project: Project
    connectors: Mapping[str, Connector]
    options: RunOptions
    watcher: Watcher
    session: Session
    records: list[StepRecord] = field(default_factory=list)
    run_id: int = 0
    arrived: tuple[Delivery, ...] = ()
    about: str | None = None

    @property
    def keeps_received(self) -> Path | None:
        """The state folder, where what was received is kept until it is published; None where nothing is kept."""
        return self.project.state

    def do(self, steps: Iterable[Step]) -> list[StepResult]:
        """Does the steps in order and records each."""
        return [self._do(step) for step in steps]

    def publish(self, label: Label | None = None) -> None:
        """Makes visible what the steps built, as the last step of the run. label: to find the state again."""
        self.watcher.begin("Publishing")
        with self._recorded("publish"):
            self.session.publish(label, (MEMBERS.name, CUSTOMERS.name))

    def _do(self, step: Step) -> StepResult:
        if isinstance(step, Query) and step.as_view:
            return self.session.run(step, self.watcher.tell)
        self.watcher.begin(step.title)
        with self._recorded(_name(step)) as counted:
            result = self.session.run(step, self.watcher.tell)
            counted.update(rows_in=result.rows_in, rows_out=result.rows_out, rows_rejected=len(result.rejections))
        for words in result.notes:
            self.watcher.note(words)
        return result

    @contextmanager
    def _recorded(self, name: str) -> Iterator[dict[str, Any]]:
        """Writes down how long the block took, and that it failed if it did."""
        started = time.perf_counter()
        counted: dict[str, Any] = {"failed": True}
        try:
            yield counted
            counted["failed"] = False
        finally:
            seconds = round(time.perf_counter() - started, 3)
            record = StepRecord(name, seconds, peak_mb=peak_memory_mb(), source=self.about, **counted)
            self.records.append(record)
            self.watcher.done(record)


def mark_failed(records: list[StepRecord], error: BaseException) -> None:
    """Makes the last record the one that failed, with the source the error is about."""
    if not (records and records[-1].failed):
        records.append(StepRecord("prepare", 0.0, failed=True))  # it happened between two steps
    records[-1] = replace(records[-1], source=records[-1].source or getattr(error, "source", None))


def _name(step: Step) -> str:
    if isinstance(step, Exchange):
        return f"read.{step.part}"
    if isinstance(step, Compute):
        return next(iter(step.writes))
    return step.writes
