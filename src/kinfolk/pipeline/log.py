"""The log of runs: one JSON object a line, for machines to collect. Numbers and names, never a person's data."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TextIO

from kinfolk.errors import KinfolkError
from kinfolk.model.project import Project
from kinfolk.model.run import RunRecord, StepRecord
from kinfolk.pipeline.watch import Silent


class Log(Silent):
    """Writes a line when a run begins, for each step that is done or failed, and when the run is over.

    What an error says may quote what a source holds, so the log names its class and place alone; the words are kept
    with the run, where `kinfolk status` shows them. Titles, notes and progress are for people and stay out as well.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.known: dict[str, object] = {}
        self.began = False

    def run_began(self, run_id: int, project: Project) -> None:
        """A line with the number of the run, which every line from here on bears."""
        self.known = {"project": project.name, "environment": project.environment, "run": run_id}
        self.began = True
        self.write("info", "run began")

    def refused(self, error: KinfolkError) -> None:
        """A line with the class and place of an error that kept a run from beginning."""
        if not self.began:
            self.write("error", "run did not begin", error=type(error).__name__, where=error.where)

    def done(self, record: StepRecord) -> None:
        """A line with the step, its source, its rows and its seconds."""
        told = {
            "step": record.name,
            "source": record.source,
            "seconds": record.seconds,
            "rows_in": record.rows_in,
            "rows_out": record.rows_out,
            "rows_rejected": record.rows_rejected or None,
            "peak_mb": record.peak_mb,
        }
        self.write("error" if record.failed else "info", "step failed" if record.failed else "step done", **told)

    def run_ended(self, record: RunRecord, error: BaseException | None = None) -> None:
        """A line with how the run ended; of an error its class, its place, and the step and source it concerns."""
        step = record.failed_step
        told: dict[str, object] = {"status": record.status.value, "seconds": round(record.seconds, 3)}
        if error is not None:
            told |= {"error": type(error).__name__, "where": error.where if isinstance(error, KinfolkError) else None}
            told |= {"step": step and step.name, "source": step and step.source}
        self.write("info" if error is None else "error", "run ended", **told)
        self.known = {}

    def write(self, level: str, event: str, **told: object) -> None:
        """One line; what is None is left out."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = {"at": at, "level": level, "event": event, **self.known, **told}
        self.stream.write(json.dumps({k: v for k, v in line.items() if v is not None}, ensure_ascii=False) + "\n")
        self.stream.flush()
