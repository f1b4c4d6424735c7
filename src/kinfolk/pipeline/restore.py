"""Restore: a backup becomes the state of a project, by one rename of the catalogue."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from kinfolk.engine import upkeep
from kinfolk.engine.duckdb import Session
from kinfolk.engine.past import Past
from kinfolk.engine.reader import reading
from kinfolk.errors import BusyError, DamagedError, EngineError, ExistsError, NotFoundError
from kinfolk.model.backup import Manifest
from kinfolk.model.history import Label
from kinfolk.model.project import Project
from kinfolk.model.run import RunOptions
from kinfolk.pipeline import archive
from kinfolk.pipeline.arrivals import active_sources, silent_sources
from kinfolk.pipeline.backup import CATALOGUE, CONTROL, DATA
from kinfolk.pipeline.consents import consents
from kinfolk.pipeline.ledger import RESTORING
from kinfolk.pipeline.outliving import outliving_steps
from kinfolk.pipeline.watch import Silent
from kinfolk.pipeline.work import Work
from kinfolk.store.database import exists, file_of, open_store
from kinfolk.store.write import runs
from kinfolk.store.write.lease import writer_lease
from kinfolk.store.write.replacement import replaced_by
from kinfolk.tables.identity import MEMBERS
from kinfolk.tables.profiles import CUSTOMERS


def restore(
    project: Project, source: Path, wait_seconds: float = 0, *, other_ledger: bool = False
) -> tuple[Manifest, bool]:
    """Makes the backup the project's state; returns its manifest, and whether later facts were carried over.

    Everything is checked and prepared beside the present state, which counts until the catalogue is renamed. Facts that
    outlive a rollback are taken over from the state that is replaced, where that can be read.

    other_ledger  the backup's ledger of consents takes the place of one that it is no copy of, or that is damaged
    Errors  EngineError when the backup is damaged; BusyError while somebody reads or writes; ExistsError when the
            ledger of consents is another, or cannot be read. The state is as before.
    """
    with writer_lease(project.state, wait_seconds), _beside(project.state) as prepared:
        with archive.opened(source) as store:
            manifest = archive.manifest_of(store, source)
            for name, checksum in manifest.files.items():
                archive.take(store, source, name, checksum, _inside(prepared, name, source))
        carried = _carry_over(project, prepared)
        with _control(project.state, prepared, other_ledger=other_ledger) as readable:
            _switch(prepared, project.state)
        carried = carried and readable
        control = open_store(project.state)
        with Session.open(project.state) as session:
            runs.published(control, session.states())
            runs.close_dead(control)
            upkeep.delete_orphans(session)  # files that only the state replaced needed
    return manifest, carried


@contextmanager
def _beside(state: Path) -> Iterator[Path]:
    """A folder on the same disk; its name says whose it is, so that what a dead process left is known as such."""
    folder = state / f"{RESTORING}{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _inside(folder: Path, name: str, source: Path) -> Path:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise EngineError(f"The backup names a file outside of itself: {name}.", where=str(source))
    return path


def _carry_over(project: Project, prepared: Path) -> bool:
    """Publishes, in the prepared state, the facts of the present one that outlive it; False where none can be read."""
    try:
        with reading(project.state) as reader:
            replaced, now = reader.states(), reader.snapshot()
    except (NotFoundError, EngineError):
        return False
    with Session.open(prepared) as session:
        last = session.states()[-1]
        run_id = max(state.run_id for state in (*replaced, last)) + 1
        label = Label(run_id, last.label.fingerprint, {}, last.run_id)
        past = Past.attach(session.connection, prepared, last.snapshot_id, now, project.state)
        work = Work(project, {}, RunOptions(), Silent(), session)
        try:
            work.do(list(outliving_steps(past, label)))
            sources = (*active_sources(project), *silent_sources(project, session))
            work.do(consents(project, sources, session))
        except EngineError:  # the state that is replaced is damaged; that is why people restore
            return False
        session.publish(label, (MEMBERS.name, CUSTOMERS.name))
    return True


@contextmanager
def _control(state: Path, prepared: Path, *, other_ledger: bool) -> Iterator[bool]:
    """Holds the control state, so that nothing is recorded meanwhile; when the block has ended, it is the backup's.

    Whether the one that is replaced could be read: a damaged one may be why people restore.

    Errors  ExistsError when it is damaged and nobody said that its ledger may go
    """
    if not exists(prepared):
        yield True
        return
    with ExitStack() as stack:
        readable = exists(state)
        if readable:
            try:
                stack.enter_context(replaced_by(state, prepared, other_ledger=other_ledger))
            except DamagedError as error:
                if not other_ledger:
                    raise _ledger_lost(state, error) from error
                readable = False
                _settle(state / CONTROL)  # before anything is switched: it ends here where somebody has it open
        there = exists(state)
        yield readable or not there
        if not readable:
            _rename(prepared / CONTROL, state / CONTROL)


def _ledger_lost(state: Path, error: DamagedError) -> ExistsError:
    return ExistsError(
        f"The ledger of consents here cannot be read: {error.what} Whatever was said since the backup would be lost. "
        "Nothing was done.",
        where=str(file_of(state)),
        hint="Keep a copy of the file; then add --other-ledger to take the ledger of the backup.",
    )


def _switch(prepared: Path, state: Path) -> None:
    """Data first, which nobody knows yet; then the catalogue, by one rename."""
    for file in sorted((prepared / DATA).rglob("*")):
        if file.is_file():
            target = state / DATA / file.relative_to(prepared / DATA)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(file, target)
    if (prepared / CATALOGUE).exists():
        _rename(prepared / CATALOGUE, state / CATALOGUE)


def _rename(new: Path, old: Path) -> None:
    """Puts a database in the place of another."""
    _settle(new)
    if old.exists():
        _settle(old)
    old.parent.mkdir(parents=True, exist_ok=True)
    os.replace(new, old)


def _settle(database: Path) -> None:
    """Leaves a SQLite file without a log beside it, which would be taken for the log of the file that replaces it."""
    busy = 0
    try:
        with closing(sqlite3.connect(database, timeout=10)) as connection:
            [busy, *_] = connection.execute("pragma wal_checkpoint(truncate)").fetchone()
    except sqlite3.OperationalError:
        busy = 1
    except sqlite3.DatabaseError:  # it is damaged, so it has nothing to lose
        pass
    if busy:
        raise BusyError("Somebody is using the state that is to be replaced.", hint="Try again when they are done.")
    for ending in ("-wal", "-shm"):
        database.with_name(database.name + ending).unlink(missing_ok=True)
