"""What a run would do, found out before it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from kinfolk.model.change import Change


@dataclass(frozen=True)
class Ground:
    """What a plan stands on: a run may execute it only while all of this is still so.

    fingerprint    of the project's settings
    snapshot       when the state it builds on was published, in microseconds; None before the first
    landing        of the lake that landing is read from, where that is another environment's
    parts          source, part and the fingerprint of its content: everything that arrived
    allow_deletes  sources that may lose most of their records
    full           whether everything is made anew, also what no change reaches
    """

    project: str
    environment: str | None
    fingerprint: str
    snapshot: int | None
    parts: tuple[tuple[str, str, str], ...]
    landing: int | None = None
    allow_deletes: tuple[str, ...] = ()
    full: bool = False


@dataclass(frozen=True)
class Arrived:
    """What arrived of one source. rows: read; added, changed, deleted: records; refused: rows kept in quarantine."""

    source: str
    parts: tuple[str, ...]
    rows: int
    added: int
    changed: int
    deleted: int
    refused: int


@dataclass(frozen=True)
class PlannedStep:
    """One step, in the order of the run.

    seconds  expected, from past runs where there are any like it
    source   of which it reads a part, when it does
    """

    name: str
    title: str
    why: str
    rows: int | None
    seconds: float
    source: str | None = None


@dataclass(frozen=True)
class TableEffect:
    """One published table as it is and as it would be. Rows are the same row when their keys are.

    new, gone       whether it is published for the first time, or no longer
    before, after   rows; None for a view, whose rows are read anew each time, and for a table that is not there
    retyped         columns whose type changes, as `name: old -> new`
    read_by         published tables made from it
    owner           who answers for it, where the project says so
    """

    table: str
    new: bool
    before: int | None
    after: int | None
    added: int = 0
    changed: int = 0
    removed: int = 0
    columns_added: tuple[str, ...] = ()
    columns_removed: tuple[str, ...] = ()
    retyped: tuple[str, ...] = ()
    read_by: tuple[str, ...] = ()
    gone: bool = False
    owner: str | None = None

    @property
    def touched(self) -> bool:
        """Whether anything about the table changes."""
        return self.new or self.gone or self.reshaped or bool(self.added or self.changed or self.removed)

    @property
    def reshaped(self) -> bool:
        """Whether its columns change."""
        return bool(self.columns_added or self.columns_removed or self.retyped)


class Fate(StrEnum):
    """What becomes of customers, told by their records."""

    MERGED = "merged"  # one that takes in records of several
    SPLIT = "split"  # one whose records end up with several
    VANISHED = "vanished"  # one without any record left
    CREATED = "created"  # one of new records alone


@dataclass(frozen=True)
class Moved:
    """Customers that change: their ids as they are and as they would be."""

    fate: Fate
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class CustomerEffect:
    """Customers as they are and as they would be; examples: a few of those that change."""

    before: int
    after: int
    counts: Mapping[Fate, int] = field(default_factory=dict)
    examples: tuple[Moved, ...] = ()


@dataclass(frozen=True)
class Plan:
    """Everything a run would do.

    deployed  whether it is known what the project said when it was last published
    breaking  in sentences, what may change customer ids, take away what others read, or lose data
    steps     none when there is nothing to do
    seconds   the steps' and the publication's expected time together
    decisions pairs on which people decided something that the published state does not know yet
    """

    ground: Ground
    deployed: bool
    changes: tuple[Change, ...] = ()
    breaking: tuple[str, ...] = ()
    arrived: tuple[Arrived, ...] = ()
    steps: tuple[PlannedStep, ...] = ()
    seconds: float = 0.0
    tables: tuple[TableEffect, ...] = ()
    customers: CustomerEffect | None = None
    decisions: int = 0
