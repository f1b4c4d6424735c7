"""A stage is a tuple of steps; a step is data. Three kinds, and a fourth would mean: stop and rethink."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from sqlglot import exp

from kinfolk.engine import sql

if TYPE_CHECKING:
    import pyarrow as pa

    from kinfolk.model.locator import Locator, Rejection

Tell = Callable[[str], None]  # reports progress in words


class Publish(StrEnum):
    """What becomes of a step's table when the run is published."""

    NO = "no"  # work of this run only
    REPLACE = "replace"  # the published table is this one
    APPEND = "append"  # these rows join the published ones
    PATCH = "patch"  # these rows take the place of the published ones that a Patch names
    VIEW = "view"  # the query itself is published and read anew each time
    DROP = "drop"  # the published table goes


@dataclass(frozen=True)
class Patch:
    """Which published rows give way: those whose `column` has a value that the column of that name in `keys` has.

    keys  a work table of the same run (schema.name)
    """

    column: str
    keys: str


@dataclass(frozen=True)
class Query:
    """Writes one table from one SQL tree.

    writes   schema.name
    title    what a person reads while it runs
    as_view  not stored during the run, read anew by each reader
    patch    for Publish.PATCH, whose place the rows take; steps after it read the table as it will be
    """

    writes: str
    tree: exp.Query
    title: str
    publish: Publish = Publish.NO
    as_view: bool = False
    patch: Patch | None = None

    @property
    def reads(self) -> tuple[str, ...]:
        """Tables this step reads, taken from its tree."""
        return sql.reads(self.tree)


@dataclass(frozen=True)
class Compute:
    """Arrow in, Arrow out: for matching and model fitting.

    inputs   name -> query whose result `run` receives under that name
    writes   schema.name of each table `run` returns -> how it is published
    columns  output column (schema.name.column) -> input columns it is made from; an output not declared
             counts as made from every input
    patches  schema.name of each table published as a patch -> whose place its rows take
    run      receives the inputs and a `tell` to report progress in words
    """

    inputs: Mapping[str, exp.Query]
    writes: Mapping[str, Publish]
    title: str
    run: Callable[[Mapping[str, pa.Table], Callable[[str], None]], Mapping[str, pa.Table]]
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    patches: Mapping[str, Patch] = field(default_factory=dict)

    @property
    def reads(self) -> tuple[str, ...]:
        """Tables this step reads, taken from its inputs."""
        return tuple(dict.fromkeys(t for tree in self.inputs.values() for t in sql.reads(tree)))


@dataclass(frozen=True)
class Exchange:
    """The outside world comes in: rows of one part of one source become a work table of text columns.

    open  what the connector returns: where the rows are, and rows it already had to reject
    """

    writes: str
    title: str
    source: str
    part: str
    open: Callable[[], tuple[Locator, list[Rejection]]]
    publish: Publish = Publish.NO

    @property
    def reads(self) -> tuple[str, ...]:
        """Nothing inside: what this reads lies outside."""
        return ()


Step = Query | Compute | Exchange


@dataclass(frozen=True)
class PairSearch:
    """Pairs of rows to be found, compared and scored by Splink.

    rows      unique_id, and text or whole numbers in the columns that the settings name
    settings  a Splink model
    lookups   column -> its values and the frequency each counts with (`tf_` and the column's name)
    function  a name that the settings use, its arguments' columns, and what works it out from Arrow arrays, a whole
              number each; it is sent to the workers
    """

    rows: pa.Table
    settings: Mapping[str, Any]
    lookups: Mapping[str, pa.Table]
    function: tuple[str, Callable[..., Any]]


class PairFinder(Protocol):
    """What a Compute step may be handed to have pairs compared elsewhere than on this machine."""

    def patterns(self, search: PairSearch) -> pa.Table:
        """match_key, levels (gamma_…), and `pairs`: how many of all that the blocking rules find have them."""

    def likely(self, search: PairSearch) -> pa.Table:
        """unique_id_l, unique_id_r, match_weight and the levels of each pair at even odds or better."""


def patching(step: Query, patch: Patch) -> Query:
    """The step with the table it publishes as a patch; a step of this run's work only stays as it is."""
    return replace(step, publish=Publish.PATCH, patch=patch) if step.publish is Publish.REPLACE else step
