"""What happened when a project ran."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from kinfolk.model.plan import Ground


class RunStatus(StrEnum):
    """How a run stands."""

    RUNNING = "running"
    PUBLISHED = "published"
    UNCHANGED = "unchanged"
    FAILED = "failed"


@dataclass(frozen=True)
class StepRecord:
    """One step of one run.

    seconds  wall clock
    peak_mb  the process's highest memory until its end, in MB
    source   the source it was about, where it was about one
    failed   the run ended here, with an error
    """

    name: str
    seconds: float
    rows_in: int | None = None
    rows_out: int | None = None
    rows_rejected: int = 0
    peak_mb: int = 0
    source: str | None = None
    failed: bool = False


@dataclass(frozen=True)
class RunRecord:
    """One run of the project, finished or not.

    snapshot_id   the state it published, by its number in the lake
    gone_because  why that state can no longer be read, in words
    """

    run_id: int
    status: RunStatus
    started_at: datetime
    finished_at: datetime | None = None
    error: str | None = None
    steps: tuple[StepRecord, ...] = field(default_factory=tuple)
    snapshot_id: int | None = None
    gone_because: str | None = None

    @property
    def seconds(self) -> float:
        """Wall clock from its start to its end; 0 while it goes on."""
        return (self.finished_at - self.started_at).total_seconds() if self.finished_at else 0.0

    @property
    def failed_step(self) -> StepRecord | None:
        """The step it failed in."""
        return next((step for step in self.steps if step.failed), None)


@dataclass(frozen=True)
class Replay:
    """Quarantined rows to land again. source: None = of all; everything: not only those that were corrected."""

    source: str | None = None
    everything: bool = False


@dataclass(frozen=True)
class RunOptions:
    """How to run.

    wait_seconds   for another writer
    allow_deletes  sources that may lose most of their records
    full           make everything anew, also what no change reaches
    ground         of the plan that the run must be; None = whatever is there
    replay         quarantined rows to land again
    """

    wait_seconds: float = 0
    allow_deletes: frozenset[str] = frozenset()
    full: bool = False
    ground: Ground | None = None
    replay: Replay | None = None
