"""Before a run: what the one before it left undone, because it died or failed, is put in order."""

from __future__ import annotations

import shutil

from sqlalchemy import Engine

from kinfolk.engine import spill, upkeep
from kinfolk.engine.duckdb import Session
from kinfolk.store.processes import alive
from kinfolk.store.read.runs import ended_well, published_runs
from kinfolk.store.write import runs


def recover(session: Session, store: Engine, run_id: int) -> int:
    """Puts store and lake in step and clears away what is left over; returns the id this run goes by.

    The lake is right about what was published: a run may die after it published and before it wrote that down. Where
    the store was lost, the ids of runs count on from those in the lake.
    """
    ended = ended_well(store, run_id)
    states = session.states()
    newest = max((state.run_id for state in states), default=0)
    if newest >= run_id:
        run_id = runs.renumber(store, run_id, newest + 1)
    known = {run.run_id: run.snapshot_id for run in published_runs(store, [state.run_id for state in states])}
    missing = [state for state in states if known.get(state.run_id) != state.snapshot_id]
    if missing:
        runs.published(store, missing)
    if not ended:
        upkeep.delete_orphans(session)
        for folder in spill.left_over(session.state, alive):
            shutil.rmtree(folder, ignore_errors=True)
    return run_id
