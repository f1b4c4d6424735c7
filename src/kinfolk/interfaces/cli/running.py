"""`kinfolk run`: once, or again and again as the project's schedule says."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, TextIO

import typer

from kinfolk.errors import KinfolkError
from kinfolk.interfaces.cli import output, stopping, views
from kinfolk.interfaces.cli.progress import watching
from kinfolk.model.interval import interval
from kinfolk.model.plain import plain
from kinfolk.model.run import RunOptions, RunRecord

if TYPE_CHECKING:
    from kinfolk.commands.schedule import Happened


@dataclass(frozen=True)
class Asked:
    """What `kinfolk run` was asked. log: a file's name, or - for standard output; plan: a saved plan to be held to."""

    folder: Path
    environment: str | None
    options: RunOptions
    log: str | None
    as_json: bool
    plan: Path | None = None


def once(asked: Asked) -> RunRecord:
    """One run."""
    with _log(asked) as stream:
        return _run(asked, asked.environment, stream)


def stay(asked: Asked, bound: str | None) -> None:
    """Runs whenever the schedule says, until told to stop or the bound is reached; a line for each time."""
    from kinfolk.commands.schedule import Times, run_on_schedule

    length = interval(bound) if bound else None
    if bound and not length:
        raise typer.BadParameter("--for takes a length of time, such as `90 minutes` or `8 hours`.")
    stop = Event()
    times = Times(asked.folder, asked.environment, datetime.now(UTC) + length if length else None)
    with _log(asked) as stream, stopping.gently(stop):
        # Told to stop, a run ends before its next step; that is no failure of this command.
        run_on_schedule(
            times, lambda environment: _run(asked, environment, stream), lambda happened: _tell(happened, asked), stop
        )


def _run(asked: Asked, environment: str | None, stream: TextIO | None) -> RunRecord:
    from kinfolk.commands.plan import saved_ground
    from kinfolk.commands.run import run, run_plan

    with watching(quiet=asked.as_json or asked.log == "-") as watcher:
        if asked.plan:
            return run_plan(asked.folder, saved_ground(asked.plan), asked.options.wait_seconds, watcher, stream)
        return run(asked.folder, environment, asked.options, watcher, stream)


@contextmanager
def _log(asked: Asked) -> Iterator[TextIO | None]:
    if asked.log == "-" and asked.as_json:
        raise typer.BadParameter("--log - and --json would both print on standard output; name a file for the log.")
    if asked.log is None or asked.log == "-":
        yield sys.stdout if asked.log else None
        return
    with open(asked.log, "a", encoding="utf-8") as stream:
        yield stream


def _tell(happened: Happened, asked: Asked) -> None:
    error = happened.error
    if asked.as_json:
        told = {
            "due": happened.due,
            "run": happened.run,
            "error": error and {"error": type(error).__name__, "what": str(error)},
            "next": happened.next,
        }
        sys.stdout.write(json.dumps(plain(told), ensure_ascii=False) + "\n")
        sys.stdout.flush()
        return
    if happened.run:
        came = f"run {happened.run.run_id} {happened.run.status}, {happened.run.seconds:.1f} s"
    else:
        came = f"failed: {error if isinstance(error, KinfolkError) else repr(error)}"
    following = f" Next at {views.due_words(happened.next)}." if happened.next else ""
    output.note(f"{happened.due.at:%Y-%m-%d %H:%M}: {came}.{following}")
