"""`kinfolk serve`: a run soon after events have come in, again and again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Event
from typing import Any

from sqlalchemy.exc import DatabaseError

from kinfolk.commands.collect.door import Door
from kinfolk.commands.collect.logs import landed_places, waiting
from kinfolk.commands.traces import Traces, traces
from kinfolk.commands.wishes import Ran, Wishes
from kinfolk.connectors.collect.reading import drop_before, end_of, old
from kinfolk.engine.lake import catalogue_of
from kinfolk.errors import BusyError, KinfolkError
from kinfolk.model.project import Project
from kinfolk.model.run import RunStatus
from kinfolk.store.database import exists, open_as_it_is
from kinfolk.store.read.consents import Head, head

RUN = ("run",)  # the command, in words
WAIT = "Events wait: "
AFTER_EVENTS = 2.0  # seconds in which more events may come before a run takes them all
AFTER_FAILURE = 30.0  # seconds before a run that failed is tried again
_PASSING = (OSError, ValueError, KinfolkError, DatabaseError)
_LOOK = 0.2  # seconds between looks at whether to stop
_BEHIND = 5  # how far a run stands behind the door in its turn for the processor (niceness)


def follow(
    door: Door, run: Callable[[], Ran], told: Callable[[str], None], stop: Event, wishes: Wishes | None = None
) -> None:
    """Runs the door's project whenever its logs or its ledger of consents have grown since, until `stop` is set.

    wishes  of people, which come first; each is a run, too

    A run that fails is told once and tried again; while another process runs the project, events wait. What a rollback
    took back is landed again. Files of a log are removed when their events are landed and older than every state that
    one can go back to.
    """
    seen: dict[str, int | None] = dict.fromkeys(door.sources)
    published: Traces = frozenset()
    heard: Head | None = None
    last, pause = "", AFTER_EVENTS
    while not _stopped(stop, pause, wishes):
        pause = AFTER_EVENTS
        wish = None
        try:
            began, project, sources = time.monotonic(), door.project, door.sources
            now = {name: end_of(project.collected / name) for name in sources}
            stands, said = _published(project), _said(project)
            wish = wishes.next() if wishes else None
            unheard = now != seen or said != heard
            if not wish and not unheard and (stands == published or not _taken_back(project, sources)):
                published = stands
                continue
            ran = wishes.do(wish) if wishes and wish else run()
            if stop.is_set():
                return
            if ran.exit_code == 0:
                if wishes:
                    wishes.went_well()
                door.lags.landed(began, time.monotonic())
                seen, heard = now, said
                _tidy(project, sources)
        except _PASSING as error:  # too many files open, say: events come in all the same
            ran = Ran(1, f"{WAIT}{error}")
        if not wish and ran.exit_code not in (0, BusyError.exit_code):
            pause = AFTER_FAILURE
        if ran.said and ran.said != last:
            told(ran.said)
        last = ran.said


def _stopped(stop: Event, pause: float, wishes: Wishes | None) -> bool:
    """Waits so many seconds, or until somebody wants something; whether it was told to stop."""
    until = time.monotonic() + pause
    while not stop.is_set() and not (wishes and wishes.added.is_set()) and (left := until - time.monotonic()) > 0:
        stop.wait(min(left, _LOOK))
    if wishes:
        wishes.added.clear()
    return stop.is_set()


def run_apart(project: Project, stop: Event, words: tuple[str, ...] = RUN, begin: str = "") -> Ran:
    """One run in a process of its own, so that neither its work nor its memory stands in the way of events.

    It is ended when `stop` is set; what it had begun is then as if it had not.

    words  of a command that runs the project
    begin  what a sentence about its failure begins with
    """
    chosen = ["--environment", project.environment] if project.environment else []
    command = [*words, str(project.folder)] if words == RUN else [*words, "-p", str(project.folder)]
    asked = [sys.executable, "-m", "kinfolk", *command, *chosen, "--json"]
    began = time.monotonic()
    process = subprocess.Popen(
        asked, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with suppress(OSError):  # it may be over already
        os.setpriority(os.PRIO_PROCESS, process.pid, os.getpriority(os.PRIO_PROCESS, 0) + _BEHIND)
    while True:
        try:
            out, err = process.communicate(timeout=_LOOK)
        except subprocess.TimeoutExpired:
            if stop.is_set():
                process.terminate()
            continue
        if process.returncode:
            return Ran(process.returncode, begin + _problem(err))
        return Ran(0, _success(json.loads(out), time.monotonic() - began))


def _success(told: dict[str, Any], seconds: float) -> str:
    record = told.get("run", told)  # of a command that did more, its run
    if record["status"] == RunStatus.UNCHANGED:
        return ""
    return f"Run {record['run_id']} {record['status']}, {seconds:.1f} s."


def _problem(err: str) -> str:
    """What went wrong, as a sentence; of what nobody foresaw, its last line."""
    try:
        told = json.loads(err)
        mistakes = [f"  {m['where']}: {m['what']}" for m in told.get("mistakes", ())]
        place = f"{told['where']}: " if told["where"] else ""
        return "\n".join([f"{place}{told['what']} {told['hint'] or ''}".rstrip(), *mistakes])
    except (ValueError, KeyError, TypeError):
        return err.strip().rpartition("\n")[2] or "the run ended without a word."


def _said(project: Project) -> Head | None:
    """The end of the ledger of consents; None before there is one."""
    engine = open_as_it_is(project.state) if exists(project.state) else None
    if engine is None:
        return None
    try:
        return head(engine)
    finally:
        engine.dispose()


def _published(project: Project) -> Traces:
    """What the catalogue of the lake looks like from outside: while it is the same, nothing was published or undone.

    While somebody reads, what is published may lie in its log alone.
    """
    catalogue = catalogue_of(project.state)
    return traces(catalogue.parent, catalogue.name, f"{catalogue.name}-wal")


def _taken_back(project: Project, sources: tuple[str, ...]) -> bool:
    """Whether there are events that are not landed, or not any more."""
    landed = landed_places(project.state)
    return any(any(waiting(project.collected / name, landed.get(name))) for name in sources)


def _tidy(project: Project, sources: tuple[str, ...]) -> None:
    """Removes files of events that have landed, and with them, or with a later run, their visitors."""
    outdated = [name for name in sources if old(project.collected / name, project.history)]
    landed = landed_places(project.state) if outdated else {}
    for name in outdated:
        if name in landed:
            drop_before(project.collected / name, landed[name], project.history)
