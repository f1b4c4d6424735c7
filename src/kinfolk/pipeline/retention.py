"""How long published states stay readable: as the project says, and the last two always."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from kinfolk.engine import upkeep
from kinfolk.engine.duckdb import Session
from kinfolk.errors import EngineError
from kinfolk.model.history import State
from kinfolk.pipeline.match_upkeep import drop_outdated
from kinfolk.pipeline.work import Work
from kinfolk.store.write import runs

ALWAYS_KEPT = 2


def tidy(work: Work, store: Engine) -> None:
    """What keeps the lake small after a run. The run is published by now, so a failure here is told and no more."""
    try:
        expire_states(work.session, store, work.project.history)
        if upkeep.fragmented(work.session):
            upkeep.compact(work.session)
        upkeep.delete_unused(work.session)
        drop_outdated(work.session.state, work.session.states()[-1])
    except EngineError as error:
        work.watcher.note(str(error))


def expire_states(session: Session, store: Engine, keep: timedelta) -> tuple[State, ...]:
    """Expires states replaced longer ago than `keep`, and returns them."""
    states = session.states()
    over = expired(states, datetime.now(UTC) - keep)
    if over:
        kept = {state.snapshot_id for state in states} - {state.snapshot_id for state in over}
        first = min(kept)
        upkeep.expire(session, [number for number in upkeep.snapshots(session) if number < first])
        days = keep / timedelta(days=1)
        runs.gone(store, [state.snapshot_id for state in over], f"it is older than {days:g} days (`history`)")
    return over


def expired(states: Sequence[State], before: datetime) -> tuple[State, ...]:
    """States, given oldest first, that were replaced by the next one before that moment; the last two never are."""
    successors = zip(states, states[1:], strict=False)
    replaced = [state for state, successor in successors if successor.published_at < before]
    return tuple(replaced[: max(len(states) - ALWAYS_KEPT, 0)])
