"""How far a change reaches: the records that may have been, or may become, one customer with a record that moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from kinfolk.model.identity import IdentityRules
from kinfolk.stages.identity.arrays import Codes, Flags, Ints, ranges
from kinfolk.stages.identity.blocking import LARGEST_BLOCK, Blocks, again
from kinfolk.stages.identity.comparison import fields
from kinfolk.stages.identity.evidence import comparer
from kinfolk.stages.identity.kept import Kept, OutgrownError
from kinfolk.stages.identity.keys import joined_then_or_now, never_codes
from kinfolk.stages.identity.prepared import Prepared
from kinfolk.stages.identity.rows import Rows, collapse
from kinfolk.stages.identity.scoring import scorer

_CHUNK = 1_000_000  # pairs looked at together


@dataclass(frozen=True)
class Moved:
    """Records as they are and as they were.

    prepared    current and superseded records together
    superseded  which of them are no longer so
    moved       which of them came, went or changed
    """

    prepared: Prepared
    superseded: Flags
    moved: Flags


def reached(found: Moved, rules: IdentityRules, kept: Kept | None) -> Flags:
    """Which records lie in a component, by keys and by pairs at even odds or better, that a moved record lies in.

    Components count as they are now and as they were: so a record that is not reached is grouped as it was before.
    Errors  OutgrownError
    """
    groups = joined_then_or_now(found.prepared, rules, int(found.superseded.sum()))
    if rules.matching is None or kept is None:
        return _in_groups(groups, found.moved)
    rows = collapse(found.prepared, never_codes(found.prepared, rules))
    largest = LARGEST_BLOCK + int(found.superseded.sum())
    blocks = again(rows.codes, kept.blocking(found.prepared), rows.tenant, largest)
    _check_size(blocks, np.unique(rows.of_record[~found.superseded]), len(rows))
    walk = _Walk(kept.counting(found.prepared), rows, blocks, (rules, kept))
    seen = np.zeros(len(rows), bool)
    frontier = np.unique(rows.of_record[found.moved])
    while len(frontier):
        seen[frontier] = True
        ahead = np.zeros(len(rows), bool)
        ahead[frontier] = True
        by_key = np.unique(rows.of_record[_in_groups(groups, ahead[rows.of_record])])
        near = np.unique(np.concatenate([by_key, walk.from_rows(frontier, seen)]))
        frontier = near[~seen[near]]
    return seen[rows.of_record]


def _in_groups(groups: Codes, records: Flags) -> Flags:
    touched = np.zeros(int(groups.max(initial=-1)) + 1, bool)
    touched[groups[records]] = True
    return touched[groups]


def _check_size(blocks: Sequence[Blocks], current: Ints, count: int) -> None:
    """Errors: OutgrownError if the current rows alone make a block too large."""
    is_current = np.zeros(count, bool)
    is_current[current] = True
    for block in blocks:
        for at in np.flatnonzero(block.sizes > LARGEST_BLOCK).tolist():
            members = block.order[block.starts[at] : block.starts[at] + block.sizes[at]]
            if int(is_current[members].sum()) > LARGEST_BLOCK:
                raise OutgrownError
        if block.rule.skipped:
            raise OutgrownError


@dataclass(frozen=True)
class _Walk:
    """Steps from rows to the rows they form a likely pair with."""

    prepared: Prepared
    rows: Rows
    blocks: Sequence[Blocks]
    judged_by: tuple[IdentityRules, Kept]

    def from_rows(self, frontier: Ints, seen: Flags) -> Ints:
        """Rows not seen so far that form a pair at even odds or better with one of the frontier."""
        found = [self._likely(left, right) for left, right in self._pairs(frontier, seen)]
        return np.concatenate([np.zeros(0, np.int64), *found])

    def _pairs(self, frontier: Ints, seen: Flags) -> Iterator[tuple[Ints, Ints]]:
        """Candidate pairs of the frontier with rows not seen, each once within a piece."""
        count = len(self.rows)
        reach = np.zeros(len(frontier), np.int64)
        for block in self.blocks:
            key = block.keys[frontier]
            reach[key >= 0] += block.sizes[key[key >= 0]]
        piece = np.cumsum(reach) // _CHUNK
        for number in np.unique(piece).tolist():
            part = frontier[piece == number]
            packed = [left * count + right for left, right in self._of_blocks(part, seen)]
            pairs = np.unique(np.concatenate([np.zeros(0, np.int64), *packed]))
            yield pairs // count, pairs % count

    def _of_blocks(self, frontier: Ints, seen: Flags) -> Iterator[tuple[Ints, Ints]]:
        for block in self.blocks:
            key = block.keys[frontier]
            rows, key = frontier[key >= 0], key[key >= 0]
            sizes = block.sizes[key]
            right = block.order[np.repeat(block.starts[key], sizes) + ranges(sizes)]
            new = ~seen[right]
            yield np.repeat(rows, sizes)[new], right[new]

    def _likely(self, left: Ints, right: Ints) -> Ints:
        rules, kept = self.judged_by
        assert rules.matching is not None, "pairs are walked only where records are matched"
        involved = np.unique(np.concatenate([left, right]))
        these = self.prepared.at(self.rows.first[involved])
        compared = fields(these.compared, {c.column: c.kind for c in rules.matching.compare})
        judge = comparer(compared, (field.column.codes for field in compared))
        a = np.searchsorted(involved, np.minimum(left, right))
        b = np.searchsorted(involved, np.maximum(left, right))
        halves = np.array_split(np.arange(len(a)), 2)
        levels = np.concatenate(list(judge.compare_each((a[half], b[half]) for half in halves)), axis=1)
        return right[scorer(kept.model, judge, these.compared).weights(levels, a) >= 0]
