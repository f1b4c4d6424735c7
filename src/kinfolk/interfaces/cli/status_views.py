"""How runs, the health of the pipeline and the published state look in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kinfolk.interfaces.cli.views import cell, console, due_words, escaped, numbers, table
from kinfolk.model.interval import words_of
from kinfolk.model.monitoring import Band, Health, SourceHealth, StepHealth
from kinfolk.model.run import RunRecord, RunStatus

if TYPE_CHECKING:
    from rich.console import Console

    from kinfolk.commands.status import Status

_WORTH_A_LINE = 1.0  # seconds; of quicker steps nobody needs to know


_STYLE = {
    RunStatus.PUBLISHED: "green",
    RunStatus.UNCHANGED: "dim",
    RunStatus.FAILED: "red",
    RunStatus.RUNNING: "yellow",
}


def status(found: Status) -> None:
    """The last runs, how the pipeline is doing, then the published state in numbers."""
    out = console()
    if not found.runs:
        out.print(f"{escaped(found.project)} has never run.")
        return
    listed = table(
        "Runs",
        ["run", "started (UTC)", "status", "seconds", "rows read", "rejected", "peak MB"],
        right=["run", "seconds", "rows read", "rejected", "peak MB"],
    )
    for record in found.runs:
        listed.add_row(*_run_row(record))
    out.print(listed)
    if found.next_run:
        out.print(f"By its schedule it runs next at {due_words(found.next_run)}.\n")
    if found.health:
        health(out, found.health)
    if found.numbers:
        numbers(out, found.numbers)


def health(out: Console, found: Health) -> None:
    """Sources with their lag, the steps that took long, and the last failure while it is not mended."""
    if found.sources:
        _sources(out, found.sources)
    _steps(out, [step for step in found.steps if step.slow or step.seconds >= _WORTH_A_LINE])
    failure = found.last_failure
    if failure and not failure.over:
        about = f", source {failure.source}" if failure.source else ""
        where = f" in {failure.step}{about}" if failure.step else ""
        out.print(f"[red]Run {failure.run_id} failed{escaped(where)}[/] ({failure.at:%Y-%m-%d %H:%M} UTC):")
        out.print(f"  {escaped(failure.cause.splitlines()[0] if failure.cause else 'no cause was recorded')}\n")


def _sources(out: Console, sources: tuple[SourceHealth, ...]) -> None:
    listed = table(
        "Freshness", ["source", "last load (UTC)", "lag", "refresh", "rows", "usual", "rejected"], ["rows", "rejected"]
    )
    for source in sources:
        lag = words_of(source.lag) if source.lag else "never"
        if source.status != "active":
            lag = source.status
        elif source.behind:
            lag = f"[red]{lag}, {words_of(source.behind)} late[/]"
        rows = cell(source.rows)
        listed.add_row(
            escaped(source.name),
            f"{source.last_load:%Y-%m-%d %H:%M}" if source.last_load else "",
            lag,
            escaped(source.refresh),
            f"[yellow]{rows} ({source.unusual})[/]" if source.unusual else rows,
            _band(source.usual_rows, ",.0f"),
            cell(source.rejected),
        )
    out.print(listed)


def _steps(out: Console, steps: list[StepHealth]) -> None:
    if not steps:
        return
    listed = table("Steps of the last published run", ["step", "seconds", "usual", "rows"], ["seconds", "rows"])
    for step in steps:
        seconds = f"{step.seconds:.1f}"
        listed.add_row(
            escaped(step.name),
            f"[yellow]{seconds} (slow)[/]" if step.slow else seconds,
            _band(step.usual_seconds, ".1f"),
            cell(step.rows),
        )
    out.print(listed)


def _band(band: Band | None, form: str) -> str:
    return f"{band.median:{form}} ({band.low:{form}} to {band.high:{form}})" if band else ""


def _run_row(record: RunRecord) -> list[str]:
    read = sum(s.rows_in or 0 for s in record.steps if s.name.startswith("read."))
    refused = next((s.rows_out or 0 for s in record.steps if s.name == "quarantine.records"), 0)
    peak = max((s.peak_mb for s in record.steps), default=0)
    state = f"[{_STYLE[record.status]}]{record.status}[/]"
    if record.error:
        state += f" [dim]{escaped(record.error.splitlines()[0])}[/]"
    return [
        str(record.run_id),
        f"{record.started_at:%Y-%m-%d %H:%M:%S}",
        state,
        f"{record.seconds:.1f}",
        f"{read:,}",
        f"{refused:,}",
        f"{peak:,}",
    ]
