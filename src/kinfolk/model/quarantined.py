"""A row that was set aside, as people see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Quarantined:
    """One row that waits.

    line    of its part: a line of the file where that is known, else the row of data
    rules   rules of the contract that it breaks; none where it was another reason
    values  column -> text, as the row is now; None for what could not be read as a row
    text    the row as it came
    fixed   whether somebody corrected it since
    """

    record_no: int
    source: str
    load_id: int
    part: str
    line: int | None
    record_id: str | None
    reason: str
    rules: tuple[str, ...]
    row_hash: int | None
    values: Mapping[str, str | None] | None
    text: str
    fixed: bool


@dataclass(frozen=True)
class Waiting:
    """Rows of one source that wait for one reason. reason: the rules they break, or why else they could not land."""

    source: str
    reason: str
    load_id: int
    rows: int
    fixed: int


@dataclass(frozen=True)
class Fix:
    """A correction: the values given for one row, and the whole row with them."""

    row: Quarantined
    changed: Mapping[str, str | None]
    record_id: str | None

    @property
    def values(self) -> dict[str, str | None]:
        """The row as it is to be landed."""
        return {**(self.row.values or {}), **self.changed}
