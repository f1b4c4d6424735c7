"""Shapes of the arrays identity works on: codes stand for values, rows for records with the same values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]  # number of a distinct value; -1 where there is none
Levels = npt.NDArray[np.uint8]  # 0 = one side unknown, 1 = the same, then further and further apart
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Texts = npt.NDArray[Any]  # object arrays of str
NO_VALUE = -1


def starts_of(ordered: npt.NDArray[Any]) -> Ints:
    """Where each run of equal values begins in a sorted array."""
    if len(ordered) == 0:
        return np.zeros(0, np.int64)
    return np.concatenate([[0], np.flatnonzero(ordered[1:] != ordered[:-1]) + 1]).astype(np.int64)


def run_lengths(starts: Ints, total: int) -> Ints:
    """How long each run is."""
    return np.diff(np.concatenate([starts, [total]])).astype(np.int64)


def ranges(lengths: Ints) -> Ints:
    """0..n-1 for every length n, one after the other."""
    ends = np.cumsum(lengths)
    return np.arange(int(ends[-1]) if len(ends) else 0, dtype=np.int64) - np.repeat(ends - lengths, lengths)


def stable_order(keys: npt.NDArray[np.integer[Any]]) -> Ints:
    """Positions in order of key, equal keys in order of position; keys are 0 or more.

    Key and position are packed into one number where they fit: numbers sort several times faster than positions.
    """
    count, largest = len(keys), int(keys.max(initial=0))
    bits = max(count - 1, 1).bit_length()
    if largest.bit_length() + bits > 62:
        return np.argsort(keys, kind="stable").astype(np.int64)
    packed = (keys.astype(np.int64) << bits) | np.arange(count, dtype=np.int64)
    packed.sort()
    return np.asarray(packed & ((1 << bits) - 1))


def distinct(keys: Ints) -> tuple[Ints, Ints]:
    """The distinct keys in order, and which of them each key is."""
    order = stable_order(keys)
    ordered = keys[order]
    starts = starts_of(ordered)
    which = np.empty(len(keys), np.int64)
    which[order] = np.repeat(np.arange(len(starts)), run_lengths(starts, len(keys)))
    return ordered[starts], which


def pack(columns: Sequence[Codes]) -> tuple[Ints, Ints]:
    """Positions where every column has a value, and one number per such position for its values together."""
    known = np.flatnonzero(np.logical_and.reduce([codes >= 0 for codes in columns]))
    packed = columns[0][known].astype(np.int64)
    room = int(columns[0].max(initial=0)) + 1
    for codes in columns[1:]:
        width = int(codes.max(initial=0)) + 1
        if room * width >= 1 << 62:
            values, packed = distinct(packed)
            room = len(values)
        packed = packed * width + codes[known]
        room *= width
    return known, packed


def pack_but(columns: Sequence[Codes], tenant: Codes | None, left_out: Sequence[Codes]) -> tuple[Ints, Ints]:
    """The same for columns and tenant, without positions whose values are among those left out (an array a column)."""
    whole = [*columns, tenant] if tenant is not None else list(columns)
    if not left_out or not len(left_out[0]):
        return pack(whole)
    known, packed = pack([np.concatenate(both) for both in zip(whole, left_out, strict=True)])
    here = known < len(columns[0])
    kept = ~np.isin(packed[here], packed[~here])
    return known[here][kept], packed[here][kept]
