"""What customers were before they merged, so that each is itself again when they part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from sqlglot import exp

from kinfolk.engine.sql import query, table
from kinfolk.stages.identity.arrays import Flags, Ints
from kinfolk.stages.identity.arrow import array
from kinfolk.stages.identity.naming import GONE, Named, ids_of, living, numbers_of
from kinfolk.tables.identity import FORMER_GROUPS
from kinfolk.tables.staging import RECORDS

_GROUPS = FORMER_GROUPS.types


@dataclass(frozen=True)
class Former:
    """The records of customers before they merged.

    rows     what is published (source, record_id, number)
    records  number of a customer -> positions of its records then that are at hand
    there    number of a customer -> how many of its records then there are now, at hand or not
    """

    rows: pa.Table
    records: Mapping[int, Ints] = field(default_factory=dict)
    there: Mapping[int, int] = field(default_factory=dict)

    def claims(self, groups: Ints, previous: Ints, aliases: Mapping[int, int]) -> dict[int, int]:
        """Alias -> the group that holds most of what it stood for, looking at records of whom it leads to now.

        Only of those who part: while a customer is one group, its aliases lead to it.
        """
        found = {}
        parted = _parted(groups, previous)
        for alias, records in self.records.items():
            target = aliases.get(alias, GONE)
            if target not in parted:
                continue
            at, count = _most(groups, records[previous[records] == target])
            if 2 * count > self.there[alias]:
                found[alias] = at
        return found

    def core(self, customer: int, previous: Ints, aliases: Mapping[int, int]) -> Ints:
        """Records a customer had before it took in others."""
        own = self.records.get(customer, np.zeros(0, np.int64))
        taken_in = [self.records[a] for a, target in aliases.items() if target == customer and a in self.records]
        return np.setdiff1d(own[previous[own] == customer], np.concatenate([np.zeros(0, np.int64), *taken_in]))

    def heir(self, customer: int, groups: Ints, previous: Ints, aliases: Mapping[int, int]) -> int | None:
        """The group that is the customer itself, when those that it took in part from it; None where nothing tells."""
        core = self.core(customer, previous, aliases)
        return _most(groups, core)[0] if len(core) else None


def former_query(former: exp.Table) -> exp.Query:
    """What customers were, with the numbers their records have now."""
    return query(
        "select f.customer_id, f.source, f.record_id, r.record_no from former f "
        "left join records r on r.source = f.source and r.record_id = f.record_id",
        former=former,
        records=table(RECORDS.name),
    )


def former(found: pa.Table | None, record_no: Ints) -> Former:
    """Rows of `former_query` about the records with these numbers (ascending)."""
    if found is None:
        return Former(pa.table({"source": array([], pa.string()), "record_id": array([], pa.string()), "number": []}))
    numbers = numbers_of(found["customer_id"])
    rows = pa.table({"source": found["source"], "record_id": found["record_id"], "number": array(numbers)})
    here = found["record_no"].is_valid().to_numpy()
    now = np.array([number or 0 for number in found["record_no"].to_pylist()], np.int64)
    at_hand, place = here & np.isin(now, record_no), np.searchsorted(record_no, now)
    customers, there = np.unique(numbers[here], return_counts=True)
    order = np.lexsort((place[at_hand], numbers[at_hand]))
    of_order = numbers[at_hand][order]
    starts = np.searchsorted(of_order, customers)
    parts = np.split(place[at_hand][order], starts[1:]) if len(customers) else []
    return Former(
        rows,
        dict(zip(customers.tolist(), parts, strict=True)),
        dict(zip(customers.tolist(), there.tolist(), strict=True)),
    )


def former_groups(known: Former, before: pa.Table, aliases: dict[int, int], named: Named) -> pa.Table:
    """identity.former_groups as it is from now on.

    before   source, record_id and number of the customer of every record there was, or once was
    aliases  numbers given up before -> the number that lived on
    """
    given_up = {old: new for old, new in named.given_up.items() if new != GONE}
    new = {old for old in given_up if aliases.get(old, GONE) == GONE}
    of_known = known.rows["number"].to_numpy()
    first = {given_up[old] for old in new} - set(of_known.tolist())
    still = {*given_up, *given_up.values()} - new
    numbers = living(before["number"].to_numpy(), aliases)
    kept = known.rows.filter(array(_among(of_known, still)))
    made = before.select(["source", "record_id"]).append_column("number", array(numbers))
    rows = pa.concat_tables([kept, made.filter(array(_among(numbers, new | first)))], promote_options="permissive")
    rows = rows.sort_by([("number", "ascending"), ("source", "ascending"), ("record_id", "ascending")])
    columns = {**{n: rows[n] for n in ("source", "record_id")}, "customer_id": ids_of(rows["number"].to_numpy())}
    return pa.table({name: columns[name] for name in _GROUPS})


def _most(groups: Ints, records: Ints) -> tuple[int, int]:
    """The group with most of the records (ties: the one with the first of them), and with how many."""
    if not len(records):
        return -1, 0
    found, first, counts = np.unique(groups[records], return_index=True, return_counts=True)
    best = np.lexsort((first, -counts))[0]
    return int(found[best]), int(counts[best])


def _parted(groups: Ints, previous: Ints) -> set[int]:
    """Customers whose records are in several groups now."""
    known = np.flatnonzero(previous > 0)
    width = int(groups.max(initial=0)) + 1
    customers, counts = np.unique(np.unique(previous[known] * width + groups[known]) // width, return_counts=True)
    return set(customers[counts > 1].tolist())


def _among(numbers: Ints, wanted: Iterable[int]) -> Flags:
    return np.isin(numbers, np.fromiter(wanted, np.int64))
