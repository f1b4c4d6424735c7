"""`kinfolk history`: the published states of a project, and which of them can still be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from kinfolk.commands.open_project import Where, open_project
from kinfolk.engine.reader import reading
from kinfolk.model.history import State
from kinfolk.model.project import Project
from kinfolk.model.run import RunRecord
from kinfolk.store.database import open_store
from kinfolk.store.read.runs import published_runs

_LOST = "the lake does not have it"
_UNLABELLED = "it was published by a version of Kinfolk that kept no history"


@dataclass(frozen=True)
class Published:
    """One published state.

    changes      added, changed, deleted -> records that arrived so
    rows         table -> rows, of the tables that say how big the state is
    back_to      the run whose state a rollback brought back
    snapshot_id  its number in the lake, None where it is not known
    gone         why it can no longer be read, None while it can
    """

    run_id: int
    published_at: datetime
    changes: Mapping[str, int] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    back_to: int | None = None
    snapshot_id: int | None = None
    gone: str | None = None


def history(where: Where, environment: str | None = None, limit: int | None = None) -> list[Published]:
    """The published states, newest first, at most `limit` of them.

    Errors  NotFoundError when nothing was published yet
    """
    return published_states(open_project(where, environment))[::-1][:limit]


def published_states(project: Project) -> list[Published]:
    """Every published state of the project, oldest first; NotFoundError when there is none."""
    with reading(project.state) as reader:
        kept = {state.run_id: _kept(state) for state in reader.states()}
    past = {run.run_id: _past(run) for run in published_runs(open_store(project.state))}
    return [kept.get(run_id) or past[run_id] for run_id in sorted(kept | past)]


def _kept(state: State) -> Published:
    label = state.label
    return Published(
        state.run_id, state.published_at, label.changes, state.rows, label.back_to, state.snapshot_id, None
    )


def _past(run: RunRecord) -> Published:
    gone = run.gone_because or (_LOST if run.snapshot_id else _UNLABELLED)
    return Published(run.run_id, run.finished_at or run.started_at, snapshot_id=run.snapshot_id, gone=gone)
