"""Which pairs are worth comparing: those that share the values of a few columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from kinfolk.stages.identity.arrays import (
    NO_VALUE,
    Codes,
    Ints,
    pack,
    pack_but,
    ranges,
    run_lengths,
    stable_order,
    starts_of,
)

_SAMPLE = 60_000
_SEED = 20_26
_BUDGET_PER_ROW = 1.5  # pairs a rule may bring, per row, when rules are chosen from the data
_TOTAL_PER_ROW = 12.0
_LEAST = 200_000  # pairs that are never too many
LARGEST_BLOCK = 2_000  # rows that share a value; more pairs than these can be worth nothing
_CHUNK = 250_000


@dataclass(frozen=True)
class Rule:
    """Pairs that share the values of all of `columns`. pairs: how many there are; skipped: rows in blocks too large."""

    columns: tuple[str, ...]
    pairs: int
    skipped: int


@dataclass(frozen=True)
class Blocks:
    """The rows ordered by one rule's key: `order[starts[i] : starts[i] + sizes[i]]` share a value.

    keys     number i of the block of each row; NO_VALUE where it is in none
    crowded  a row of each block that was left out because it is too large
    """

    rule: Rule
    crowded: Ints
    keys: Codes
    order: Ints
    starts: Ints
    sizes: Ints


def choose(codes: Mapping[str, Codes], chosen: Sequence[tuple[str, ...]] | None, tenant: Codes | None) -> list[Blocks]:
    """Blocks of each rule: those the project names, or rules chosen from the data so that the pairs stay affordable."""
    lists = [tuple(columns) for columns in chosen] if chosen else automatic(codes)
    blocks = again(codes, dict.fromkeys(lists, ()), tenant)
    return [block for block in blocks if block.rule.pairs or block.rule.skipped]


def again(
    codes: Mapping[str, Codes],
    rules: Mapping[tuple[str, ...], Sequence[Codes]],
    tenant: Codes | None,
) -> list[Blocks]:
    """Blocks of rules chosen before.

    rules    columns -> value codes (one array a column, then tenant) to be left out
    """
    count = len(next(iter(codes.values()))) if codes else 0

    def of_rule(rule: tuple[tuple[str, ...], Sequence[Codes]]) -> Blocks:
        columns, left_out = rule
        return _blocks(columns, pack_but([codes[name] for name in columns], tenant, left_out), count)

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(of_rule, rules.items()))


def automatic(codes: Mapping[str, Codes]) -> list[tuple[str, ...]]:
    """Column lists, fewest pairs first: single columns that are selective enough, else two or three together.

    A wider list is left out when a part of it already serves. The number of pairs is estimated from a sample of rows.
    """
    count = len(next(iter(codes.values()))) if codes else 0
    sample = np.random.default_rng(_SEED).permutation(count)[:_SAMPLE]
    sampled = {name: column[sample] for name, column in codes.items()}
    allowed = max(_BUDGET_PER_ROW * count, _LEAST)
    chosen: dict[tuple[str, ...], float] = {}
    for width in (1, 2, 3):
        for columns in combinations(sampled, width):
            if any(set(narrow) <= set(columns) for narrow in chosen):
                continue
            pairs = _estimate([sampled[name] for name in columns], count)
            if 0 < pairs <= allowed and (width < 3 or len(chosen) < 3):
                chosen[columns] = pairs
    ordered = sorted(chosen, key=lambda columns: (chosen[columns], columns))
    total = np.cumsum([chosen[columns] for columns in ordered])
    within = int(np.searchsorted(total, max(_TOTAL_PER_ROW * count, 5 * _LEAST), side="right"))
    return ordered[: max(within, 1)]


def candidates(blocks: Sequence[Blocks]) -> Iterator[tuple[int, Ints, Ints]]:
    """Pairs of rows a < b, rule by rule, in pieces; a pair that several rules find comes once, with the first."""
    for number, block in enumerate(blocks):
        # The rule before this one finds more of the same pairs than those before it.
        earlier = [other.keys for other in reversed(blocks[:number])]
        for rows, left, right in _pairs(block):
            for keys in earlier:
                # Looked up once a row, not once a pair, and so that what is in no block is in none with anything.
                of_rows = keys.take(rows)
                of_rows = np.where(of_rows < 0, -1 - np.arange(len(rows), dtype=np.int32), of_rows)
                fresh = np.flatnonzero(of_rows.take(left) != of_rows.take(right))
                if len(fresh) < len(left):
                    left, right = left.take(fresh), right.take(fresh)
            yield number, rows.take(left), rows.take(right)


def _blocks(names: tuple[str, ...], key: tuple[Ints, Ints], count: int) -> Blocks:
    known, packed = key
    order = stable_order(packed)
    starts = starts_of(packed[order])
    sizes = run_lengths(starts, len(order))
    order = known[order]
    large = sizes > LARGEST_BLOCK
    used = ~large & (sizes > 1)
    number = np.full(len(sizes), NO_VALUE, np.int32)
    number[used] = np.arange(int(used.sum()), dtype=np.int32)
    keys = np.full(count, NO_VALUE, np.int32)
    keys[order] = np.repeat(number, sizes)
    skipped, crowded = int(sizes[large].sum()), order[starts[large]]
    starts, sizes = starts[used], sizes[used]
    pairs = int((sizes * (sizes - 1) // 2).sum())
    return Blocks(Rule(names, pairs, skipped), crowded, keys, order, starts, sizes)


def _pairs(block: Blocks) -> Iterator[tuple[Ints, Ints, Ints]]:
    """Every pair within a block, in pieces: rows, and the places of the two of each pair among them, left < right.

    Rows are in ascending order inside a block, so the left one is the smaller.
    """
    within = np.cumsum(block.sizes * (block.sizes - 1) // 2)
    begin = 0
    while begin < len(block.sizes):
        done = within[begin - 1] if begin else 0
        end = max(int(np.searchsorted(within, done + _CHUNK, side="right")), begin + 1)
        starts, sizes = block.starts[begin:end], block.sizes[begin:end]
        place = ranges(sizes)  # of each row in its block
        later = np.repeat(sizes, sizes) - 1 - place  # rows after it
        number = np.arange(len(place))
        left = np.repeat(number, later)
        next_to = number + 1 - (np.cumsum(later) - later)
        yield block.order[np.repeat(starts, sizes) + place], left, np.arange(len(left)) + next_to.take(left)
        begin = end


def _estimate(columns: list[Codes], count: int) -> float:
    """Pairs of all `count` rows that share these values, scaled up from the sampled rows given."""
    _, packed = pack(columns)
    packed.sort()
    sizes = run_lengths(starts_of(packed), len(packed)).astype(np.float64)
    return float((sizes * (sizes - 1) / 2).sum()) * (count / max(len(columns[0]), 1)) ** 2
