"""Runs of a project, for who looks at them one after the other."""

from __future__ import annotations

from sqlalchemy import Engine

from kinfolk.errors import NotFoundError
from kinfolk.model.run import RunRecord
from kinfolk.store.read.runs import latest, of_number


def runs_in(store: Engine, most: int, before: int | None = None) -> list[RunRecord]:
    """The last runs with their steps, newest first, so many at most; before: of those with a lower number."""
    return latest(store, most, before)


def run_in(store: Engine, run_id: int) -> RunRecord:
    """The run of that number. Errors: NotFoundError when there is none"""
    found = of_number(store, run_id) if 0 < run_id < 1 << 63 else None  # as far as the database counts
    if found is None:
        raise NotFoundError(f"There is no run {run_id}.", hint="`kinfolk status` shows the last ones.")
    return found
