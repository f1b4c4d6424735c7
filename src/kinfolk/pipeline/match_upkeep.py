"""Which indexes for matching are kept: that of the published state alone, for an index holds personal data."""

from __future__ import annotations

import shutil
from pathlib import Path

from kinfolk.model.history import State

INDEXES = "match"


def index_name(state: State) -> str:
    """How the names of a state's indexes begin."""
    return f"run-{state.run_id}-{state.published_at:%Y%m%dT%H%M%S%f}"


def kept_indexes(state_folder: Path) -> list[Path]:
    """Every index that is kept, whole or half made."""
    return sorted((state_folder / INDEXES).glob("*"))


def outdated(state_folder: Path, current: State) -> list[Path]:
    """Indexes of other states than the current one, and what a process that died left half made."""
    whole = index_name(current)
    return [path for path in kept_indexes(state_folder) if not path.name.startswith(whole) or ".building-" in path.name]


def drop_outdated(state_folder: Path, current: State) -> None:
    """Deletes them; a matcher that has one open goes on with it."""
    for path in outdated(state_folder, current):
        shutil.rmtree(path, ignore_errors=True)
