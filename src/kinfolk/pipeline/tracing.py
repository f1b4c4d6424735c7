"""OpenTelemetry traces: a span for each run, and within it one for each step."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from kinfolk.model.project import Project
from kinfolk.model.run import RunRecord, StepRecord
from kinfolk.pipeline.watch import Silent, Watcher

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer


def tracing() -> list[Watcher]:
    """A watcher that traces, where opentelemetry-api is installed (`kinfolk[otel]`); nobody where it is not.

    Where spans go is for OpenTelemetry's own settings to say; without any they go nowhere.
    """
    if find_spec("opentelemetry") is None:
        return []
    from opentelemetry.trace import get_tracer

    return [Traces(get_tracer("kinfolk"))]


class Traces(Silent):
    """Opens and closes spans; they bear numbers and names, never a person's data."""

    def __init__(self, tracer: Tracer) -> None:
        self.tracer = tracer
        self.run: Span | None = None
        self.step: Span | None = None

    def run_began(self, run_id: int, project: Project) -> None:
        """Opens the run's span."""
        self.run = self.tracer.start_span(
            "kinfolk.run", attributes={"kinfolk.run_id": run_id, "kinfolk.project": project.name}
        )

    def begin(self, title: str) -> None:
        """Opens the step's span within the run's; what the step is called is known when it is done."""
        from opentelemetry.trace import set_span_in_context

        within = set_span_in_context(self.run) if self.run else None
        self.step = self.tracer.start_span("kinfolk.step", context=within)

    def done(self, record: StepRecord) -> None:
        """Closes the step's span with its rows."""
        if self.step is None:
            return
        self.step.update_name(record.name)
        told = {
            "kinfolk.source": record.source,
            "kinfolk.rows_in": record.rows_in,
            "kinfolk.rows_out": record.rows_out,
            "kinfolk.rows_rejected": record.rows_rejected,
        }
        self.step.set_attributes({name: value for name, value in told.items() if value is not None})
        self._close(self.step, "step failed" if record.failed else None)
        self.step = None

    def run_ended(self, record: RunRecord, error: BaseException | None = None) -> None:
        """Closes the run's span with how it ended; what an error says may quote data, so only its class is told."""
        if self.step is not None:  # stopped as it began
            self.step.end()
            self.step = None
        if self.run is not None:
            self.run.set_attribute("kinfolk.status", record.status.value)
            self._close(self.run, type(error).__name__ if error is not None else None)
            self.run = None

    def _close(self, span: Span, failure: str | None) -> None:
        from opentelemetry.trace import Status, StatusCode

        if failure is not None:
            span.set_status(Status(StatusCode.ERROR, failure))
        span.end()
