"""A data contract: what a source promises, and what becomes of data that breaks the promise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from kinfolk.model.place import Place


class OnViolation(StrEnum):
    """What becomes of data that breaks a rule."""

    FAIL = "fail"  # the run stops, nothing is published
    QUARANTINE = "quarantine"  # the row is kept aside with its reason, the others go on
    WARN = "warn"  # the row is landed, and the run says how many there were


class OnDrift(StrEnum):
    """What happens when the columns of a load are not those of the contract."""

    ALLOW = "allow"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Drift:
    """Columns the contract does not know, columns it knows that did not arrive, and columns that changed their type."""

    new: OnDrift = OnDrift.WARN
    missing: OnDrift = OnDrift.FAIL
    retyped: OnDrift = OnDrift.FAIL


@dataclass(frozen=True)
class Limit:
    """What a measure must be. operator: one of the standard's, mustBe … mustNotBeBetween; percent: of the rows."""

    operator: str
    value: tuple[float, ...]
    percent: bool = False

    @property
    def none_allowed(self) -> bool:
        """Whether it says that not one row may count."""
        return (self.operator, *self.value) in (
            ("mustBe", 0),
            ("mustBeLessThan", 1),
            ("mustBeLessOrEqualTo", 0),
        ) and not (self.percent and self.operator == "mustBeLessThan")

    def holds(self, measured: float) -> bool:
        """Whether the measure is what it must be."""
        first, last = self.value[0], self.value[-1]
        return {
            "mustBe": measured == first,
            "mustNotBe": measured != first,
            "mustBeGreaterThan": measured > first,
            "mustBeGreaterOrEqualTo": measured >= first,
            "mustBeLessThan": measured < first,
            "mustBeLessOrEqualTo": measured <= first,
            "mustBeBetween": first <= measured <= last,
            "mustNotBeBetween": not first <= measured <= last,
        }[self.operator]

    def __str__(self) -> str:
        words = {
            "mustBe": "must be",
            "mustNotBe": "must not be",
            "mustBeGreaterThan": "must be over",
            "mustBeGreaterOrEqualTo": "must be at least",
            "mustBeLessThan": "must be under",
            "mustBeLessOrEqualTo": "must be at most",
            "mustBeBetween": "must lie between",
            "mustNotBeBetween": "must not lie between",
        }[self.operator]
        return f"{words} {' and '.join(f'{value:g}' for value in self.value)}{' %' if self.percent else ''}"


@dataclass(frozen=True)
class Quality:
    """One quality rule of the contract.

    metric   nullValues, missingValues, invalidValues, duplicateValues, rowCount, or sql
    columns  whose values are measured; none where the whole table is
    values   the values that are valid (invalidValues) or count as missing (missingValues)
    query    for sql: one SELECT of one number over `${table}`
    """

    name: str
    place: Place
    metric: str
    limit: Limit
    on_violation: OnViolation
    columns: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    pattern: str | None = None
    query: str | None = None


@dataclass(frozen=True)
class Reference:
    """A value must stand in a column of another source (or of the same one)."""

    place: Place
    source: str
    column: str


@dataclass(frozen=True)
class Property:
    """One column of the contract.

    name         as it is called in the data
    options      what the standard calls logicalTypeOptions, as text
    enum         the values allowed; none = any
    primary_key  its place in the primary key, from 1; None = not part of it
    deprecated_until  the last day it can be relied on, where that is said
    """

    name: str
    place: Place
    logical_type: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    required: bool = False
    unique: bool = False
    primary_key: int | None = None
    enum: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    quality: tuple[Quality, ...] = ()
    classification: str | None = None
    deprecated: bool = False
    deprecated_until: date | None = None
    on_violation: OnViolation = OnViolation.QUARANTINE
    physical_type: str | None = None
    description: str = ""

    @property
    def confidential(self) -> bool:
        """Whether its values must not be shown in messages."""
        return (self.classification or "").lower() in ("confidential", "restricted")


@dataclass(frozen=True)
class Contract:
    """What one source promises.

    written  the file's text, as it was when the project was read
    others   keys of the standard that stand in the file and that nothing here enforces, with their places
    """

    source: str
    place: Place
    id: str
    version: str
    status: str
    properties: tuple[Property, ...]
    quality: tuple[Quality, ...] = ()
    drift: Drift = field(default_factory=Drift)
    written: str = ""
    others: tuple[tuple[str, Place], ...] = ()
    description: str = ""

    def column(self, name: str) -> Property | None:
        """The column of that name, upper and lower case alike, or None."""
        return next((p for p in self.properties if p.name.lower() == name.lower()), None)

    @property
    def primary_key(self) -> tuple[str, ...]:
        """The columns of the primary key, in order."""
        keys = [p for p in self.properties if p.primary_key is not None]
        return tuple(p.name for p in sorted(keys, key=lambda p: p.primary_key or 0))
