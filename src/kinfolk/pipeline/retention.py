"""How long published states stay readable: as the project says, the last of a busy hour, and the last two always."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from kinfolk.engine import upkeep
from kinfolk.engine.duckdb import Session
from kinfolk.errors import BusyError, EngineError
from kinfolk.model.history import State
from kinfolk.pipeline.match_upkeep import drop_outdated
from kinfolk.pipeline.work import Work
from kinfolk.store.write import runs

ALWAYS_KEPT = 2
_HOUR = timedelta(hours=1)
_READERS_MAY_TAKE = timedelta(days=1)  # a plan or a run that borrows a landing stays with the snapshot it began on
_BUSY = 12  # states of one hour; of more, only the last is kept
_THINNED = f"of an hour with more than {_BUSY} states the last is kept"


def tidy(work: Work, store: Engine) -> None:
    """What keeps the lake small after a run. The run is published by now, so a failure here is told and no more."""
    session, project = work.session, work.project
    steps = (
        lambda: expire_states(session, store, project.history, project.time_zone),
        lambda: upkeep.compact(session),
        lambda: upkeep.delete_unused(session),
        lambda: drop_outdated(session.state, session.states()[-1]),
    )
    for step in steps:
        try:
            step()
        except (EngineError, BusyError) as error:
            work.watcher.note(str(error))


def expire_states(session: Session, store: Engine, keep: timedelta, zone: str) -> tuple[State, ...]:
    """Expires states replaced longer ago than `keep`, and those of a busy hour but its last; returns them all.

    zone  whose hours are meant: a day ends with one of them, and its last state can be asked for
    """
    states, now = session.states(), datetime.now(UTC)
    old = expired(states, now - keep)
    between = thinned(states[len(old) :], now, zone)
    over = {state.snapshot_id for state in (*old, *between)}
    if over:
        # Written down first: should this process die in between, nothing that is gone is taken for lost.
        days = keep / timedelta(days=1)
        runs.gone(store, [state.snapshot_id for state in old], f"it is older than {days:g} days (`history`)")
        runs.gone(store, [state.snapshot_id for state in between], _THINNED)
        runs.forget_steps(store, [state.snapshot_id for state in between])
        kept = {state.snapshot_id for state in states} - over
        made = upkeep.snapshots(session)
        upkeep.expire(session, [n for n in made if n in over or _needless(n, made[n], kept, now)])
    return (*old, *between)


def _needless(number: int, made: datetime, kept: Collection[int], now: datetime) -> bool:
    """Whether nobody needs a snapshot that is no state: it lies before all that are kept, or long ago among them."""
    return number < min(kept) or (number < max(kept) and number not in kept and made < now - _READERS_MAY_TAKE)


def expired(states: Sequence[State], before: datetime) -> tuple[State, ...]:
    """States, given oldest first, that were replaced by the next one before that moment; the last two never are."""
    successors = zip(states, states[1:], strict=False)
    replaced = [state for state, successor in successors if successor.published_at < before]
    return tuple(replaced[: max(len(states) - ALWAYS_KEPT, 0)])


def thinned(states: Sequence[State], now: datetime, zone: str) -> tuple[State, ...]:
    """Of states, given oldest first, those of busy hours that are over since an hour, but the last of each hour.

    `kinfolk serve` publishes each few seconds. Nobody goes back to one of those rather than its neighbour, and each
    would keep its own files of every table.
    """
    hours = groupby(states[:-ALWAYS_KEPT], lambda state: _hour_of(state, zone))
    over = [list(of) for hour, of in hours if hour + 2 * _HOUR < now]
    return tuple(state for of in over if len(of) > _BUSY for state in of[:-1])


def _hour_of(state: State, zone: str) -> datetime:
    return state.published_at.astimezone(ZoneInfo(zone)).replace(minute=0, second=0, microsecond=0)
