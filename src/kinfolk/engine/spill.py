"""Work that does not fit into memory: a folder for each connection, and what dead processes left of theirs."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import count
from pathlib import Path

_NUMBER = count(1)


def folder(state: Path) -> Path:
    """A folder no other connection uses: two in one folder would overwrite each other. Made only when it is needed."""
    return state / f"spill-{os.getpid()}-{next(_NUMBER)}"


def left_over(state: Path, alive: Callable[[int], bool]) -> list[Path]:
    """Folders of processes that are no longer there (alive: whether a process of that number is)."""
    found = (path for kind in ("spill", "restoring") for path in sorted(state.glob(f"{kind}-*")))
    folders = (path for path in found if path.is_dir())
    return [path for path in folders if not alive(_process(path.name))]


def _process(name: str) -> int:
    number = name.split("-")[1]
    return int(number) if number.isdigit() else 0
