"""Rows: records that are alike in every column identity looks at, taken together, so that each is compared once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kinfolk.stages.identity.arrays import Codes, Ints, run_lengths, stable_order
from kinfolk.stages.identity.prepared import Prepared

_ODD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Rows:
    """Distinct rows, numbered in order of their first record.

    of_record  row of each record
    first      position of the first record of each row
    sizes      records of each row
    codes      compared column -> value code of each row
    tenant     world of each row, or None
    """

    of_record: Ints
    first: Ints
    sizes: Ints
    codes: Mapping[str, Codes]
    tenant: Codes | None

    def __len__(self) -> int:
        return len(self.first)


def collapse(prepared: Prepared, apart: Sequence[Codes]) -> Rows:
    """The distinct rows of the records; records that differ in a never column or in tenant stay two rows."""
    columns = [column.codes for column in prepared.compared.values()] + list(apart)
    if prepared.tenant is not None:
        columns.append(prepared.tenant)
    order, starts = _runs(columns, len(prepared))
    first, sizes = order[starts], run_lengths(starts, len(order))
    by_first = np.argsort(first)
    rank = np.empty(len(first), np.int64)
    rank[by_first] = np.arange(len(first))
    of_record = np.empty(len(order), np.int64)
    of_record[order] = np.repeat(rank, sizes)
    first = first[by_first]
    codes = {name: column.codes[first] for name, column in prepared.compared.items()}
    tenant = None if prepared.tenant is None else prepared.tenant[first]
    return Rows(of_record, first, sizes[by_first], codes, tenant)


def _runs(columns: Sequence[Codes], count: int) -> tuple[Ints, Ints]:
    """The records in an order that puts those alike together, and where each run of records alike begins.

    They are ordered by a hash and then compared: two sets of records with one hash may at worst be cut into more runs.
    """
    hashed = np.zeros(count, np.uint64)
    for codes in columns:
        hashed = (hashed ^ (codes + 1).astype(np.uint64)) * _ODD
        hashed ^= hashed >> np.uint64(29)
    order = stable_order((hashed >> np.uint64(24)).astype(np.int64))
    same = np.ones(max(count - 1, 0), bool)
    for codes in columns:
        ordered = codes[order]
        same &= ordered[1:] == ordered[:-1]
    return order, np.concatenate([[0], np.flatnonzero(~same) + 1]).astype(np.int64)
