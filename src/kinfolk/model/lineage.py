"""Where columns come from and where they go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, order=True)
class ColumnRef:
    """A column of a published table; `table` as schema.name."""

    table: str
    column: str

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"


@dataclass(frozen=True)
class Traced:
    """A column and, below it, those it is made from (or those made from it).

    again  whether its own branch was shown before and is not repeated
    """

    ref: ColumnRef
    below: tuple[Traced, ...] = ()
    again: bool = False


@dataclass(frozen=True)
class Lineage:
    """Every column of every table that a run publishes, with the columns it is made from.

    made   table -> column -> columns its values are made from, one step up
    steps  table -> what makes it, in words
    reads  table -> tables it is made from, those that only decide which rows there are included
    """

    made: Mapping[str, Mapping[str, tuple[ColumnRef, ...]]]
    steps: Mapping[str, str]
    reads: Mapping[str, tuple[str, ...]]

    def tables(self) -> tuple[str, ...]:
        """Every table there is a column of, those where the way ends included."""
        ends = {parent.table for columns in self.made.values() for refs in columns.values() for parent in refs}
        return tuple(sorted({*self.made, *ends}))

    def columns(self, table: str) -> tuple[str, ...]:
        """Columns of a table; of one where the way ends, those that something is made from."""
        if table in self.made:
            return tuple(self.made[table])
        return tuple(sorted(ref.column for ref in self._down if ref.table == table))

    def parents(self, ref: ColumnRef) -> tuple[ColumnRef, ...]:
        """Columns it is made from, one step up."""
        return self.made.get(ref.table, {}).get(ref.column, ())

    def children(self, ref: ColumnRef) -> tuple[ColumnRef, ...]:
        """Columns made from it, one step down."""
        return self._down.get(ref, ())

    def ends(self, ref: ColumnRef) -> tuple[ColumnRef, ...]:
        """Columns at the far end of the way up, each once."""
        found: set[ColumnRef] = set()
        seen = {ref}
        waiting = [ref]
        while waiting:
            parents = self.parents(waiting.pop())
            found.update(parent for parent in parents if not self.parents(parent))
            waiting += [parent for parent in parents if parent not in seen]
            seen.update(parents)
        return tuple(sorted(found))

    def trace(self, ref: ColumnRef, *, down: bool = False) -> Traced:
        """The whole way up to the sources, or down to everything made from the column."""
        seen: set[ColumnRef] = set()

        def follow(one: ColumnRef) -> Traced:
            next_ones = self.children(one) if down else self.parents(one)
            if one in seen:
                return Traced(one, again=bool(next_ones))
            seen.add(one)
            return Traced(one, tuple(follow(other) for other in next_ones if other != one))

        return follow(ref)

    @cached_property
    def _down(self) -> dict[ColumnRef, tuple[ColumnRef, ...]]:
        found: dict[ColumnRef, list[ColumnRef]] = {}
        for table, columns in self.made.items():
            for column, parents in columns.items():
                for parent in parents:
                    found.setdefault(parent, []).append(ColumnRef(table, column))
        return {ref: tuple(sorted(children)) for ref, children in found.items()}
