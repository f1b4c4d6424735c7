"""What a person decided about two records, and what would come of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

Named = tuple[str, str]  # source and record id


@dataclass(frozen=True)
class Verdict:
    """One answer to be written down: same, different, not sure or withdrawn."""

    a: Named
    b: Named
    verdict: str

    @property
    def pair(self) -> tuple[Named, Named]:
        """The two records in the order in which pairs are kept."""
        return (self.a, self.b) if self.a <= self.b else (self.b, self.a)


@dataclass(frozen=True)
class Decision:
    """One row of identity.decisions. part_of: the first number of the act it was part of."""

    decision_no: int
    source_a: str
    record_id_a: str
    source_b: str
    record_id_b: str
    verdict: str
    decided_by: str
    decided_at: datetime
    note: str | None
    part_of: int

    @property
    def pair(self) -> tuple[Named, Named]:
        """The two records, in order."""
        return (self.source_a, self.record_id_a), (self.source_b, self.record_id_b)

    @property
    def records(self) -> tuple[str, str]:
        """The two records as people name them."""
        return f"{self.source_a}:{self.record_id_a}", f"{self.source_b}:{self.record_id_b}"


@dataclass(frozen=True)
class RecordMove:
    """A record whose customer would be another."""

    record: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class ValueMove:
    """A golden value that would be another; a profile that comes or goes has nothing on one side."""

    customer_id: str
    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class ActivityMove:
    """Orders, events, tickets … whose customer would be another. ids: the first of them, as source:id."""

    kind: str
    rows: int
    ids: tuple[str, ...]


@dataclass(frozen=True)
class Rehearsed:
    """What would become of everybody if the decisions were taken, and whatever has arrived were taken in too."""

    decisions: tuple[Decision, ...]
    records: tuple[RecordMove, ...]
    values: tuple[ValueMove, ...]
    activity: tuple[ActivityMove, ...]
