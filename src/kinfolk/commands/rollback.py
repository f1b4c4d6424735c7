"""`kinfolk rollback`: publish an earlier state again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kinfolk.commands.as_of import state_as_of
from kinfolk.commands.history import Published
from kinfolk.commands.open_project import open_project
from kinfolk.engine.past import Past
from kinfolk.engine.reader import Reader, reading
from kinfolk.errors import NotFoundError
from kinfolk.model.run import RunRecord
from kinfolk.pipeline.rollback import roll_back


@dataclass(frozen=True)
class TableChange:
    """What a rollback does to a table; None where there is no such table before, or after."""

    table: str
    rows_now: int | None
    rows_then: int | None


@dataclass(frozen=True)
class RolledBack:
    """What a rollback changes. run: the run that did it; None when it was only looked at."""

    to: Published
    tables: list[TableChange]
    run: RunRecord | None = None


def rollback(folder: Path, to: str, yes: bool = False, environment: str | None = None, wait: float = 0) -> RolledBack:
    """What going back to the state of `to` (run:N, a day or a moment) changes; done only with `yes`.

    Errors  NotFoundError when that state is gone, or is the present one; BusyError, EngineError: nothing was published
    """
    project = open_project(folder, environment)
    target = state_as_of(project, to)
    with reading(project.state) as reader:
        states = reader.states()
        if states[-1].run_id == target.run_id:
            raise NotFoundError(f"The state of run {target.run_id} is the present one.", hint="Name an earlier run.")
        [state] = [state for state in states if state.run_id == target.run_id]
        changes = _changes(reader, state.snapshot_id)
    record = roll_back(project, state, wait) if yes else None
    return RolledBack(target, changes, record)


def _changes(reader: Reader, snapshot: int) -> list[TableChange]:
    past = Past.attach(reader.connection, reader.state, snapshot, reader.snapshot())
    return [TableChange(d.table, d.rows_now, d.rows_then) for d in past.differences() if d.view is None]
