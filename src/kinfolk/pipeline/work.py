"""A run under way: its session, what it was asked, and the steps done so far."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kinfolk.engine.duckdb import Session, StepResult, peak_memory_mb
from kinfolk.engine.step import Compute, Exchange, Query, Step
from kinfolk.model.project import Project
from kinfolk.model.run import RunOptions, StepRecord
from kinfolk.pipeline.arrivals import Connector, Delivery
from kinfolk.pipeline.watch import Watcher


@dataclass
class Work:
    """A run under way: its session, the steps done so far, and what it found to have arrived."""

    project: Project
    connectors: Mapping[str, Connector]
    options: RunOptions
    watcher: Watcher
    session: Session
    records: list[StepRecord] = field(default_factory=list)
    arrived: tuple[Delivery, ...] = ()

    @property
    def kept_in(self) -> Path | None:
        """The folder in which a large load is kept that broke off, so that the next run goes on from there."""
        return self.project.state

    def do(self, steps: Iterable[Step]) -> list[StepResult]:
        """Does the steps in order and records each."""
        return [self._do(step) for step in steps]

    def _do(self, step: Step) -> StepResult:
        started = time.perf_counter()
        if not (isinstance(step, Query) and step.as_view):
            self.watcher.begin(step.title)
        result = self.session.run(step, self.watcher.tell)
        record = StepRecord(
            name=_name(step),
            seconds=round(time.perf_counter() - started, 3),
            rows_in=result.rows_in,
            rows_out=result.rows_out,
            rows_rejected=len(result.rejections),
            peak_mb=peak_memory_mb(),
        )
        if not (isinstance(step, Query) and step.as_view):
            self.records.append(record)
            self.watcher.done(record)
        for words in result.notes:
            self.watcher.note(words)
        return result


def _name(step: Step) -> str:
    if isinstance(step, Exchange):
        return f"read.{step.part}"
    if isinstance(step, Compute):
        return next(iter(step.writes))
    return step.writes
