"""Published states: what readers saw, from when on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Label:
    """What a run says of the state it publishes; stored in the lake with that state, in one transaction.

    changes  added, changed, deleted -> records that landed so
    back_to  the run whose state this one brings back; None for a state made from sources
    """

    run_id: int
    fingerprint: str
    changes: Mapping[str, int] = field(default_factory=dict)
    back_to: int | None = None


@dataclass(frozen=True)
class State:
    """One published state that the lake still has. rows: table -> rows, of the tables that say how big it is."""

    label: Label
    snapshot_id: int
    published_at: datetime
    rows: Mapping[str, int] = field(default_factory=dict)

    @property
    def run_id(self) -> int:
        """The run that published it."""
        return self.label.run_id
