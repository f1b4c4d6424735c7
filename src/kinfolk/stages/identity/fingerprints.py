"""Numbers that stand for compared values, so that records which share one are found without reading texts."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kinfolk.model.identity import IdentityRules
from kinfolk.stages.identity.arrays import Ints, ranges
from kinfolk.stages.identity.arrow import Strings, array
from kinfolk.stages.identity.coding import Column
from kinfolk.stages.identity.keys import never_codes
from kinfolk.stages.identity.prepared import Prepared
from kinfolk.stages.identity.similarity import bytes_of

NUMBERING = 2  # goes up when `fingerprints` gives other numbers, so that those published earlier are not compared
_WORD = 8
_PIECE = 50_000  # texts whose words fit the processor's cache
_ODD = np.uint64(0x9E3779B97F4A7C15)
FORM = "form_"  # what the columns of identity.compared begin with
WORLD = "world"

Bits = npt.NDArray[np.uint64]


def fingerprints(values: Strings) -> Ints:
    """A number for each text; equal texts have one number, and of a billion texts no two are expected to share one.

    Texts are read eight bytes at a time; each of these words is mixed with its place, and their sum with the length.
    """
    pieces = [_fingerprints(values.slice(at, _PIECE)) for at in range(0, len(values), _PIECE)]
    return np.concatenate([np.zeros(0, np.int64), *pieces])


def _fingerprints(values: Strings) -> Ints:
    offsets, data = bytes_of(values)
    lengths = np.diff(offsets)
    words = (lengths + _WORD - 1) // _WORD
    place = ranges(words)
    padded = np.concatenate([data, np.zeros(_WORD, np.uint8)])
    at_every_byte: Bits = np.ndarray((len(data) + 1,), "<u8", padded, strides=(1,))
    bits = at_every_byte[np.repeat(offsets[:-1], words) + place * _WORD]
    beyond = np.maximum(_WORD - (np.repeat(lengths, words) - place * _WORD), 0)  # bytes of the next text
    bits = (bits << (beyond * 8).astype(np.uint64)) + place.astype(np.uint64) * _ODD
    sums = np.zeros(len(values), np.uint64)
    filled = lengths > 0
    if filled.any():
        sums[filled] = np.add.reduceat(_mixed(_mixed(bits)), (np.cumsum(words) - words)[filled])
    return np.asarray(_mixed(sums + lengths.astype(np.uint64)).view(np.int64))


def combined(columns: Sequence[npt.NDArray[np.integer[Any]]]) -> Ints:
    """A number for each position's numbers in all columns together; equal ones have one number."""
    whole = np.zeros(len(columns[0]), np.uint64)
    for numbers in columns:
        whole = _mixed((whole ^ numbers.astype(np.int64).view(np.uint64)) * _ODD)
    return np.asarray(whole.view(np.int64))


def compared_table(prepared: Prepared, rules: IdentityRules) -> pa.Table:
    """Rows of identity.compared for these records."""
    made: dict[str, object] = {"record_no": array(prepared.record_no)}
    whole = np.zeros(len(prepared), np.uint64)
    with ThreadPoolExecutor(2) as pool:
        numbered = list(pool.map(_of_records, prepared.compared.values()))
    for name, (numbers, known) in zip(prepared.compared, numbered, strict=True):
        whole = _mixed((whole ^ numbers.view(np.uint64)) * _ODD)
        made[FORM + name] = array(numbers, mask=~known)
    for never, codes in zip(rules.never, never_codes(prepared, rules), strict=True):
        if never.same_source is None:
            numbers, _ = _of_records(prepared.exact[never.different])
        else:  # a record of a source without duplicates is alike to none
            numbers = np.where(codes >= 0, prepared.record_no, 0)
        whole = _mixed((whole ^ numbers.view(np.uint64)) * _ODD)
    if prepared.world is not None:
        numbers, _ = _of_records(prepared.exact[prepared.world])
        whole = _mixed((whole ^ numbers.view(np.uint64)) * _ODD)
        made[WORLD] = array(numbers)
    made["row"] = array(whole.view(np.int64))
    return pa.table(made)


def _of_records(column: Column) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """The number of each record's value, 0 where it has none, and whether it has one."""
    known = column.codes >= 0
    numbers = np.zeros(len(column.codes), np.int64)
    numbers[known] = fingerprints(column.values)[column.codes[known]]
    return numbers, known


def _mixed(bits: Bits) -> Bits:
    """The bits spread, so that no part of the number tells less than another."""
    bits = (bits ^ (bits >> np.uint64(31))) * _ODD
    return np.asarray(bits ^ (bits >> np.uint64(29)))
