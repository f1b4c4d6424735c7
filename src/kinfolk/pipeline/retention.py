"""How long published states stay readable: as the project says, the last of a busy hour, and the last two always."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby

from sqlalchemy import Engine

from kinfolk.engine import upkeep
from kinfolk.engine.duckdb import Session
from kinfolk.errors import EngineError
from kinfolk.model.history import State
from kinfolk.pipeline.match_upkeep import drop_outdated
from kinfolk.pipeline.work import Work
from kinfolk.store.write import runs

ALWAYS_KEPT = 2
_HOUR = timedelta(hours=1)
_BUSY = 12  # states of one hour; of more, only the last is kept
_THINNED = f"of an hour with more than {_BUSY} states the last is kept"


def tidy(work: Work, store: Engine) -> None:
    """What keeps the lake small after a run. The run is published by now, so a failure here is told and no more."""
    try:
        expire_states(work.session, store, work.project.history)
        upkeep.compact(work.session)
        upkeep.delete_unused(work.session)
        drop_outdated(work.session.state, work.session.states()[-1])
    except EngineError as error:
        work.watcher.note(str(error))


def expire_states(session: Session, store: Engine, keep: timedelta) -> tuple[State, ...]:
    """Expires states replaced longer ago than `keep`, and those of a busy hour but its last; returns them all."""
    states, now = session.states(), datetime.now(UTC)
    old = expired(states, now - keep)
    between = thinned(states[len(old) :], now)
    over = (*old, *between)
    if over:
        kept = {state.snapshot_id for state in states} - {state.snapshot_id for state in over}
        # Snapshots without a label are work between two states; the newest one is what readers see now.
        upkeep.expire(session, [n for n in upkeep.snapshots(session) if n < max(kept) and n not in kept])
        runs.gone(
            store,
            [state.snapshot_id for state in old],
            f"it is older than {keep / timedelta(days=1):g} days (`history`)",
        )
        runs.gone(store, [state.snapshot_id for state in between], _THINNED)
        runs.forget_steps(store, [state.snapshot_id for state in between])
    return over


def expired(states: Sequence[State], before: datetime) -> tuple[State, ...]:
    """States, given oldest first, that were replaced by the next one before that moment; the last two never are."""
    successors = zip(states, states[1:], strict=False)
    replaced = [state for state, successor in successors if successor.published_at < before]
    return tuple(replaced[: max(len(states) - ALWAYS_KEPT, 0)])


def thinned(states: Sequence[State], now: datetime) -> tuple[State, ...]:
    """Of states, given oldest first, those of busy hours that are over since an hour, but the last of each hour.

    `kinfolk serve` publishes each few seconds. Nobody goes back to one of those rather than its neighbour, and each
    would keep its own files of every table.
    """
    hours = groupby(states[:-ALWAYS_KEPT], _hour_of)
    over = [list(of) for hour, of in hours if hour + 2 * _HOUR < now]
    return tuple(state for of in over if len(of) > _BUSY for state in of[:-1])


def _hour_of(state: State) -> datetime:
    return state.published_at.replace(minute=0, second=0, microsecond=0)
