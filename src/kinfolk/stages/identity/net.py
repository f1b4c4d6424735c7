"""A wide net for pairs nobody joined: blocking over blurred values, so that what was missed can be counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from kinfolk.stages.identity.arrays import Codes, Flags, Ints
from kinfolk.stages.identity.arrow import Strings, pc
from kinfolk.stages.identity.blocking import again, automatic, candidates
from kinfolk.stages.identity.coding import Column
from kinfolk.stages.identity.weighing import Weigher

_MOST = 2_000_000  # pairs that are looked at; of more, pairs of customers are left out at random
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


def _beginning(letters: int) -> Callable[[Strings], Strings]:
    return lambda values: pc.utf8_slice_codeunits(values, 0, letters)


def _without(pattern: str, then: Callable[[Strings], Strings] = lambda values: values) -> Callable[[Strings], Strings]:
    return lambda values: then(pc.replace_substring_regex(values, pattern, ""))


# Blurred, two values of one person agree even if one of them has a slip.
_BLURRED: dict[str, Callable[[Strings], Strings]] = {
    "name": _beginning(3),
    "company": _beginning(4),
    "text": _beginning(4),
    "date": _beginning(4),  # the year
    "email": _without("@.*|[0-9._+-]"),
    "phone": lambda values: pc.utf8_slice_codeunits(values, -7, 1_000),
    "address": _without("[0-9 ]", _beginning(4)),
    "exact": _beginning(3),
}


@dataclass(frozen=True)
class Caught:
    """Pairs of positions a < b of different customers, and the share of the net's pairs of customers that they are."""

    a: Ints
    b: Ints
    share: float


def cast(weigher: Weigher, customers: Codes, kinds: dict[str, str], seed: int) -> Caught:
    """Pairs that agree in a few values, whole or blurred, and are not one customer.

    customers  the customer of each record
    kinds      compared column -> kind
    """
    codes = dict(_blurred(weigher, kinds))
    rules = dict.fromkeys(automatic(codes), ())
    blocks = again(codes, rules, weigher.prepared.tenant)
    share = min(1.0, _MOST / max(sum(block.rule.pairs for block in blocks), 1))
    pieces = []
    for _, a, b in candidates(blocks):
        kept = customers[a] != customers[b]
        if share < 1:
            kept &= _drawn(customers[a], customers[b], share, seed)
        pieces.append((a[kept], b[kept]))
    nothing = np.zeros(0, np.int64)
    a = np.concatenate([nothing, *(a for a, _ in pieces)])
    return Caught(a, np.concatenate([nothing, *(b for _, b in pieces)]), share)


def _drawn(x: Codes, y: Codes, share: float, seed: int) -> Flags:
    """Whether each pair of customers is in a sample of that share: all pairs of their records, or none."""
    low, high = np.minimum(x, y).astype(np.uint64), np.maximum(x, y).astype(np.uint64)
    mixed = (low << np.uint64(32) | high) ^ np.uint64(seed & 0x7FFF_FFFF)
    for _ in range(3):
        mixed = (mixed ^ (mixed >> np.uint64(31))) * _SPREAD
    return np.asarray((mixed >> np.uint64(11)).astype(np.float64) < share * 2.0**53)


def _blurred(weigher: Weigher, kinds: dict[str, str]) -> Iterator[tuple[str, Codes]]:
    """Codes of every compared column, and of the same column blurred."""
    for name, kind in kinds.items():
        column = weigher.prepared.compared[name]
        yield name, column.codes
        yield f"{name} blurred", _blur(column, _BLURRED.get(kind, _beginning(4)))


def _blur(column: Column, blurring: Callable[[Strings], Strings]) -> Codes:
    encoded = blurring(column.values).dictionary_encode()
    mapping = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int32)
    empty = np.flatnonzero(pc.equal(encoded.dictionary, "").to_numpy(zero_copy_only=False))
    mapping[np.isin(mapping, empty)] = -1
    return np.append(mapping, np.int32(-1))[column.codes]  # the last one serves records without a value
