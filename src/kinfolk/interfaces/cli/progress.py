"""What people see while a run goes on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from kinfolk.interfaces.cli import stopping
from kinfolk.model.project import Project
from kinfolk.model.run import RunRecord, StepRecord

_WORTH_A_LINE = 1.0  # seconds; quicker steps pass without leaving a line


class Quiet:
    """Shows nothing: for programs."""

    def run_began(self, run_id: int, project: Project) -> None:
        """Nothing."""

    def run_ended(self, record: RunRecord, error: BaseException | None = None) -> None:
        """Nothing."""

    def begin(self, title: str) -> None:
        """Nothing but whether to go on."""
        stopping.check()

    def tell(self, words: str) -> None:
        """Nothing."""

    def note(self, words: str) -> None:
        """Nothing."""

    def done(self, record: StepRecord) -> None:
        """Nothing."""


class Live(Quiet):
    """One moving line for the step under way, and a line that stays for each step that took over a second."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self.console = Console(stderr=True)
        self.progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            TextColumn("[dim]{task.fields[words]}"),
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
        )
        self.task = self.progress.add_task("Starting", total=None, words="")
        self.title = ""

    def begin(self, title: str) -> None:
        """The moving line names the step."""
        stopping.check()
        self.title = title
        self.progress.reset(self.task, description=title, total=None, words="")

    def tell(self, words: str) -> None:
        """The moving line says how far the step is."""
        self.progress.update(self.task, words=words)

    def note(self, words: str) -> None:
        """A line that stays."""
        self.console.print(f"  {words}", highlight=False, markup=False)

    def done(self, record: StepRecord) -> None:
        """A step of over a second leaves a line with its rows and its speed."""
        if record.seconds >= _WORTH_A_LINE and not record.failed:
            self.console.print(f"  {self.title:<32} {_speed(record)}", highlight=False)


class Lines(Quiet):
    """Where nothing can move (a log, a pipe): one line for each step that took over a second."""

    def __init__(self) -> None:
        self.title = ""

    def begin(self, title: str) -> None:
        """Remembers what is under way."""
        stopping.check()
        self.title = title

    def note(self, words: str) -> None:
        """Writes the line."""
        sys.stderr.write(f"  {words}\n")

    def done(self, record: StepRecord) -> None:
        """Writes the line."""
        if record.seconds >= _WORTH_A_LINE and not record.failed:
            sys.stderr.write(f"  {self.title:<32} {_speed(record)}\n")


@contextmanager
def watching(quiet: bool) -> Iterator[Quiet | Live]:
    """A watcher that suits where the output goes."""
    if quiet:
        yield Quiet()
    elif not sys.stderr.isatty():
        yield Lines()
    else:
        live = Live()
        with live.progress:
            yield live


def _speed(record: StepRecord) -> str:
    rows = record.rows_out if record.rows_out is not None else record.rows_in
    if not rows:
        return f"{record.seconds:>7.1f} s"
    return f"{record.seconds:>7.1f} s  {rows:>12,} rows  {rows / record.seconds:>12,.0f} rows/s"
