"""Records as identity sees them: sorted, coded, what says nothing about identity taken out."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from kinfolk.model.identity import Comparison, IdentityRules
from kinfolk.stages.identity.arrays import Codes, Ints
from kinfolk.stages.identity.arrow import array
from kinfolk.stages.identity.coding import Column, code, ignored, in_form, without
from kinfolk.stages.identity.guards import Guard, Guards


@dataclass(frozen=True)
class Prepared:
    """Records in order of their number.

    exact     column -> its values as they were staged, coded (for keys and never rules)
    compared  column compared or blocked on -> its values in the form they are compared in, coded
    tenant    code of each record's world; records without one share a world; None = there is one world
    """

    record_no: Ints
    exact: Mapping[str, Column]
    compared: Mapping[str, Column]
    tenant: Codes | None

    def __len__(self) -> int:
        return len(self.record_no)


def in_order(records: pa.Table) -> pa.Table:
    """The records sorted by their number, so that nothing depends on the order they came in."""
    numbers = records["record_no"].to_numpy()
    if (numbers[1:] > numbers[:-1]).all():
        return records
    return records.take(array(np.argsort(numbers, kind="stable")))


def prepare(records: pa.Table, rules: IdentityRules, guards: Guards) -> Prepared:
    """The sorted records, coded. Values on the ignore list become unknown and are noted as guards."""
    names = rules.columns()
    with ThreadPoolExecutor(2) as pool:
        coded = dict(zip(names, pool.map(lambda name: code(records[name]), names), strict=True))
        for name, patterns in sorted(rules.ignore.items()):
            if name in coded:
                coded[name] = _ignore(coded[name], name, patterns, guards)
        comparisons = _looked_at(rules)
        formed = pool.map(lambda c: in_form(coded[c.column], c.kind), comparisons)
        compared = {c.column: column for c, column in zip(comparisons, formed, strict=True)}
    tenant = coded[rules.tenant].codes + np.int32(1) if rules.tenant else None
    return Prepared(records["record_no"].to_numpy(), coded, compared, tenant)


def _looked_at(rules: IdentityRules) -> list[Comparison]:
    """Columns that are compared, then those that only pick pairs."""
    if rules.matching is None:
        return []
    looked_at = {c.column: c for c in rules.matching.compare}
    for columns in rules.matching.block_on or ():
        for name in columns:
            looked_at.setdefault(name, Comparison(name, "exact"))
    return list(looked_at.values())


def _ignore(column: Column, name: str, patterns: tuple[str, ...], guards: Guards) -> Column:
    unwanted = ignored(column, patterns)
    counts = column.counts()
    for number in np.flatnonzero(unwanted.to_numpy(zero_copy_only=False)).tolist():
        value = column.values[number].as_py()
        effect = "The value counts as unknown: it neither links records nor is evidence."
        guards.add(Guard("ignore", name, value, int(counts[number]), effect))
    return without(column, unwanted)
