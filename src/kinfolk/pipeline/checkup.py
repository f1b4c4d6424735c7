"""Looks a project's state over: catalogue against files, tables against each other, store against lake, leftovers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from sqlalchemy import Engine

from kinfolk.engine import inspection, lake, spill
from kinfolk.engine.reader import Reader, reading
from kinfolk.errors import EngineError, NotFoundError
from kinfolk.model.finding import Finding, Severity
from kinfolk.model.project import Project
from kinfolk.pipeline import match_upkeep
from kinfolk.pipeline.consistency import broken_promises
from kinfolk.store.database import open_store
from kinfolk.store.processes import alive
from kinfolk.store.read.runs import DIED, latest, published_runs
from kinfolk.store.read.writer import dead_writer, writing_now

ORPHANS, SPILL, RUNS, STATES, LEASE, INDEX = "orphans", "spill", "runs", "states", "lease", "index"
_BACKUP = "Restore a backup (`kinfolk restore`)"


def findings(project: Project, *, alone: bool = False) -> list[Finding]:
    """Everything that is not as it should be, the worst first.

    alone  whether the caller holds the lease, so that no run is writing files the catalogue does not know yet
    """
    found: list[Finding] = []
    try:
        store = open_store(project.state)
    except EngineError as error:
        return [Finding(error.what, error.where or "", Severity.BROKEN, error.hint or "")]
    try:
        with reading(project.state) as reader:
            found += _files(reader)
            found += [] if any(f.severity is Severity.BROKEN for f in found) else _promises(reader)
            found += _store(reader, store)
            found += _indexes(reader)
            found += _orphans(reader) if alone or not writing_now(project.state) else []
    except NotFoundError:
        if published_runs(store):
            where, hint = str(project.state / "lake"), f"{_BACKUP}; or run again, but then customer ids are new."
            found.append(Finding("Runs were published, and the lake is empty or gone.", where, Severity.BROKEN, hint))
    except EngineError as error:
        found.append(Finding(error.what, error.where or "", Severity.BROKEN, error.hint or ""))
    found += _leftovers(project)
    found += _space(project)
    return sorted(found, key=lambda f: list(Severity).index(f.severity))


def _files(reader: Reader) -> Iterator[Finding]:
    states = reader.states()
    damaged = [(file, wrong) for file in reader.files() if (wrong := inspection.damage(file))]
    whole = [s for s in states if not any(file.part_of(s.snapshot_id) for file, _ in damaged)]
    for file, wrong in damaged:
        what = f"A file of {file.table} {wrong}."
        if file.until is None:
            hint = f"{_BACKUP}."
            if whole:
                hint += f" Or go back to the last state that is whole: `kinfolk rollback run:{whole[-1].run_id} --yes`."
            yield Finding(what, str(file.path), Severity.BROKEN, hint)
        else:
            lost = ", ".join(f"run:{s.run_id}" for s in states if file.part_of(s.snapshot_id)) or "no labelled one"
            hint = f"{_BACKUP} to have it back; --mend gives that state up. The present state does not need it."
            yield Finding(f"{what} Earlier states that need it: {lost}.", str(file.path), Severity.BROKEN, hint, STATES)


def _promises(reader: Reader) -> Iterator[Finding]:
    for broken in broken_promises(reader):
        what = f"It does not hold that {broken.promise}: {broken.rows:,} rows break it."
        hint = f"Go back to a state from before it broke (`kinfolk history`, `kinfolk rollback`). {_BACKUP} otherwise."
        yield Finding(what, broken.table, Severity.BROKEN, hint)


def _store(reader: Reader, store: Engine) -> Iterator[Finding]:
    known = {run.run_id: run for run in published_runs(store)}
    kept = {state.run_id for state in reader.states()}
    where = str(reader.state / "control.sqlite")
    unknown = sorted(run_id for run_id in kept if run_id not in known or known[run_id].snapshot_id is None)
    if unknown:
        what = f"Published runs are not written down as such: {', '.join(map(str, unknown))}."
        yield Finding(what, where, Severity.UNTIDY, "--mend, or the next run, writes them down.", RUNS)
    lost = [r.run_id for r in known.values() if r.snapshot_id and not r.gone_because and r.run_id not in kept]
    if lost:
        what = f"The lake does not know states that were published by runs {', '.join(map(str, lost))}."
        yield Finding(what, where, Severity.BROKEN, f"{_BACKUP}, if the catalogue was replaced by an older one.")
    dead = [run.run_id for run in latest(store, 100) if run.error == DIED and run.finished_at is None]
    if dead:
        what = f"Runs were left open by a process that died: {', '.join(map(str, dead))}."
        yield Finding(what, where, Severity.UNTIDY, "--mend, or the next run, closes them.", RUNS)


def _orphans(reader: Reader) -> Iterator[Finding]:
    found = inspection.orphans(reader.connection, reader.state)
    if found:
        size = sum(path.stat().st_size for path in found)
        what = f"{len(found)} files ({size:,} bytes) belong to no state: a run died while it wrote."
        where = str(lake.data_folder(reader.state))
        yield Finding(what, where, Severity.UNTIDY, "--mend, or the next run, deletes them.", ORPHANS)


def _indexes(reader: Reader) -> Iterator[Finding]:
    for folder in match_upkeep.outdated(reader.state, reader.states()[-1]):
        what = "An index for matching is kept of a state that is no longer the published one."
        yield Finding(what, str(folder), Severity.UNTIDY, "--mend, or the next run, deletes it.", INDEX)


def _leftovers(project: Project) -> Iterator[Finding]:
    for folder in spill.left_over(project.state, alive):
        what = "A process that died left its work here."
        yield Finding(what, str(folder), Severity.UNTIDY, "--mend deletes it.", SPILL)
    if dead_writer(project.state):
        where = str(project.state / "writer.json")
        what = "A run died while it held the lease. The lease itself is free."
        yield Finding(what, where, Severity.UNTIDY, "--mend, or the next run, removes the file.")


def _space(project: Project) -> Iterator[Finding]:
    free = shutil.disk_usage(project.state).free
    size = sum(path.stat().st_size for path in (project.state / "lake").rglob("*") if path.is_file())
    if free < size:
        what = f"The disk has {free:,} bytes left, less than the lake takes ({size:,}); a run may need as much again."
        hint = "Make room, or keep states for fewer days (`history` in kinfolk.yml)."
        yield Finding(what, str(project.state), Severity.UNTIDY, hint)
