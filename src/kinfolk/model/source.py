"""Where data comes from, and what its columns mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from kinfolk.model.place import Place
from kinfolk.model.secret import revealed

COLLECT = "collect"  # the connector of events that are sent to Kinfolk itself


class Load(StrEnum):
    """How the rows of one load relate to the rows of the load before."""

    SNAPSHOT = "snapshot"  # each load is the whole of the source: a record that is gone was deleted
    APPEND = "append"  # each load adds: nothing is ever deleted by being absent
    INCREMENTAL = "incremental"  # each load is what the cursor says is new; it replaces records of the same id
    ONCE = "once"  # as incremental, of what happens once: a record that comes again is a repetition


@dataclass(frozen=True)
class Cursor:
    """The column whose greatest value so far tells what is new.

    late     how far back of it rows may still arrive: a time where it is a moment, else a number in its own unit
    deleted  the column that says, by any value that means yes, that the record was deleted
    """

    column: str
    place: Place
    late: timedelta | int = 0
    deleted: str | None = None


@dataclass(frozen=True)
class Conventions:
    """How a source writes its values, where the value alone cannot say.

    country    ISO 3166 alpha-2 of phones and addresses that name none
    currency   ISO 4217 of amounts that name none
    dates      order of day, month and year in dates such as 02/03/04: DMY, MDY or YMD; None = undeclared
    time_zone  IANA zone of moments that name none
    decimal    the decimal mark of amounts, "." or ","
    """

    country: str | None = None
    currency: str | None = None
    dates: str | None = None
    time_zone: str = "UTC"
    decimal: str = "."


@dataclass(frozen=True)
class ColumnRule:
    """How one canonical column is made from a source's columns. Exactly one of the ways is set.

    columns  one or more source columns: the first that is not empty, or, with `join`, all of them joined
    join     the text between joined columns; None = first non-empty
    value    a constant
    sql      a DuckDB scalar expression over the source's columns
    """

    place: Place
    columns: tuple[str, ...] = ()
    join: str | None = None
    value: str | None = None
    sql: str | None = None


@dataclass(frozen=True)
class TableMapping:
    """Which canonical table a source feeds, and how.

    table       name of the staging table: people, accounts, orders, events, tickets, touchpoints, consents, scores
    columns     canonical column -> rule
    attributes  the company's own columns, kept as text beside the canonical ones
    """

    table: str
    place: Place
    columns: Mapping[str, ColumnRule]
    attributes: Mapping[str, ColumnRule] = field(default_factory=dict)


@dataclass(frozen=True)
class BelongsTo:
    """Whose rows these are, when a source holds no person itself.

    source  another source, whose record id `column` holds; None = found by `key`
    key     a deterministic identity key column (such as email) whose value `column` holds
    """

    column: str
    place: Place
    source: str | None = None
    key: str | None = None


@dataclass(frozen=True)
class Source:
    """One place data comes from: `connector` names the system, `options` are that connector's own settings."""

    name: str
    place: Place
    connector: str
    options: Mapping[str, Any]
    record_id: tuple[str, ...]
    mappings: tuple[TableMapping, ...]
    observed_at: str | None = None
    load: Load = Load.SNAPSHOT
    cursor: Cursor | None = None
    conventions: Conventions = field(default_factory=Conventions)
    belongs_to: BelongsTo | None = None
    description: str = ""
    owner: str | None = None
    purpose: str | None = None
    lawful_basis: str | None = None
    environment: str | None = None
    refresh: str | None = None
    status: str = "active"

    @property
    def visitors_of(self) -> str | None:
        """The source of events whose visitors these are; None for a source of anything else."""
        found = self.options.get("visitors_of") if self.connector == COLLECT else None
        return None if found is None else str(revealed(found))

    @property
    def takes_in_events(self) -> bool:
        """Whether it is made of events that are sent to Kinfolk itself."""
        return self.connector == COLLECT and self.visitors_of is None

    def mapping(self, table: str) -> TableMapping | None:
        """The mapping onto one canonical table, or None when this source does not feed it."""
        return next((m for m in self.mappings if m.table == table), None)
