"""Who holds the right to write, as the holder says itself in a file beside the lock."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kinfolk.store.processes import still_at_it

HOLDER = "writer.json"


@dataclass(frozen=True)
class Writer:
    """The process that holds the lease, or held it when it died."""

    process_id: int
    host: str | None
    since: datetime

    @property
    def at_work(self) -> bool:
        """Whether it may still be there."""
        return still_at_it(self.process_id, self.host, self.since)

    def __str__(self) -> str:
        return f"process {self.process_id}, since {self.since.isoformat(timespec='seconds')}"


def writer(state: Path) -> Writer | None:
    """Who says to hold the lease; None when nobody does, or is just about to say so."""
    try:
        known = json.loads((state / HOLDER).read_text())
        return Writer(known["pid"], known.get("host"), datetime.fromisoformat(known["since"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def writing_now(state: Path) -> bool:
    """Whether a run is at work."""
    found = writer(state)
    return found is not None and found.at_work


def dead_writer(state: Path) -> bool:
    """Whether a process that is gone still stands on the lease."""
    found = writer(state)
    return found is not None and not found.at_work
