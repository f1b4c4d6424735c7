"""What happened when a project ran."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class RunStatus(StrEnum):
    """How a run stands."""

    RUNNING = "running"
    PUBLISHED = "published"
    UNCHANGED = "unchanged"
    FAILED = "failed"


@dataclass(frozen=True)
class StepRecord:
    """One step of one run. seconds: wall clock; peak_mb: the process's highest memory until its end, in MB."""

    name: str
    seconds: float
    rows_in: int | None = None
    rows_out: int | None = None
    rows_rejected: int = 0
    peak_mb: int = 0


@dataclass(frozen=True)
class RunRecord:
    """One run of the project, finished or not."""

    run_id: int
    status: RunStatus
    started_at: datetime
    finished_at: datetime | None = None
    error: str | None = None
    steps: tuple[StepRecord, ...] = field(default_factory=tuple)


@dataclass(frozen=True)
class RunOptions:
    """How to run.

    wait_seconds   for another writer
    allow_deletes  sources that may lose most of their records
    full           make everything anew, also what no change reaches
    """

    wait_seconds: float = 0
    allow_deletes: frozenset[str] = frozenset()
    full: bool = False
