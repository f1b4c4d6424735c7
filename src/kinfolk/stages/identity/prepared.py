"""Records as identity sees them: sorted, coded, what says nothing about identity taken out."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from kinfolk.model.identity import Comparison, IdentityRules
from kinfolk.stages.identity.arrays import Codes, Flags, Ints
from kinfolk.stages.identity.coding import Column, code, ignored, in_form, without
from kinfolk.stages.identity.guards import Guard, Guards, nothing_known

_FEW = 1_000
SOURCE = "source"  # the column that a never rule about one source looks at


@dataclass(frozen=True)
class Prepared:
    """Records in order of their number.

    order     place of each of them in the table they came in
    exact     column -> its values as they were staged, coded (for keys and never rules)
    compared  column compared or blocked on -> its values in the form they are compared in, coded
    world     the column that keeps tenants apart; None = there is one world
    shared    what was found of records that share a value of a column, so that it is looked for once
    """

    record_no: Ints
    order: Ints
    exact: Mapping[str, Column]
    compared: Mapping[str, Column]
    world: str | None
    shared: dict[str, object] = field(default_factory=dict, compare=False, repr=False)

    @property
    def tenant(self) -> Codes | None:
        """Code of each record's world: 0 for those that name none and so share one, else 1 + the code of its value."""
        return None if self.world is None else self.exact[self.world].codes + np.int32(1)

    def __len__(self) -> int:
        return len(self.record_no)

    def at(self, records: Ints) -> Prepared:
        """These records alone (positions, ascending)."""
        return Prepared(
            record_no=self.record_no[records],
            order=self.order[records],
            exact={name: column.at(records) for name, column in self.exact.items()},
            compared={name: column.at(records) for name, column in self.compared.items()},
            world=self.world,
        )


def prepare(
    records: pa.Table, rules: IdentityRules, guards: Guards, superseded: frozenset[int] = frozenset()
) -> Prepared:
    """The records, coded, sorted by their number, so that nothing depends on the order they came in.

    Values on the ignore list become unknown and are noted as guards; superseded records do not count there.
    """
    further = [SOURCE] if any(never.same_source for never in rules.never) else []
    further = [name for name in (*rules.witnesses(), *further) if name in set(records.column_names)]
    names = tuple(dict.fromkeys((*rules.columns(), *further)))
    numbers = records["record_no"].to_numpy()
    order = np.argsort(numbers, kind="stable").astype(np.int64)
    sorted_already = bool((numbers[1:] > numbers[:-1]).all())
    numbers = numbers[order]
    counted = ~np.isin(numbers, np.fromiter(superseded, np.int64, len(superseded)))

    def coded_column(name: str) -> Column:
        column = code(records[name])
        return column if sorted_already else column.ordered(order)

    with ThreadPoolExecutor(2) as pool:
        each = pool.map if len(numbers) > _FEW else map  # to start threads for a record takes longer than the record
        coded = dict(zip(names, each(coded_column, names), strict=True))
        for name, patterns in sorted(rules.ignore.items()):
            if name in coded:
                coded[name] = _ignore(coded[name], name, (patterns, counted), guards)
        comparisons = _looked_at(rules)
        formed = each(lambda c: in_form(coded[c.column], c.kind), comparisons)
        compared = {c.column: column for c, column in zip(comparisons, formed, strict=True)}
    return Prepared(numbers, order, coded, compared, rules.tenant)


def note_nothing_known(prepared: Prepared, rules: IdentityRules, guards: Guards) -> None:
    """Notes how many records have no value in anything that keys or matching look at."""
    unknown = np.ones(len(prepared), bool)
    for name in rules.deciding():
        unknown &= prepared.exact[name].codes < 0
    if rules.deciding() and unknown.any():
        guards.add(nothing_known(int(unknown.sum())))


def _looked_at(rules: IdentityRules) -> list[Comparison]:
    """Columns that are compared, then those that only pick pairs."""
    if rules.matching is None:
        return []
    looked_at = {c.column: c for c in rules.matching.compare}
    for columns in rules.matching.block_on or ():
        for name in columns:
            looked_at.setdefault(name, Comparison(name, "exact"))
    return list(looked_at.values())


def _ignore(column: Column, name: str, which: tuple[tuple[str, ...], Flags], guards: Guards) -> Column:
    patterns, counted = which
    unwanted = ignored(column, patterns)
    counts = Column(column.codes[counted], column.values).counts()
    for number in np.flatnonzero(unwanted.to_numpy(zero_copy_only=False) & (counts > 0)).tolist():
        value = column.values[number].as_py()
        effect = "The value counts as unknown: it neither links records nor is evidence."
        guards.add(Guard("ignore", name, value, int(counts[number]), effect))
    return without(column, unwanted)
