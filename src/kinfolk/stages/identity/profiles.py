"""Cluster profiles: groups of rows merge while all they know of each other, taken together, speaks for one customer.

S = prior, counted once, + for every field the log2 of the mean of 2^bits over the pairs across the two groups where
both values are known. A field that stays negative counts times the root of the smaller group's size: so many
witnesses contradict. The evidence against one household is summed the same way, and the weaker of the two decides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kinfolk.stages.identity.arrays import Flags, Floats, Ints

Grid = npt.NDArray[np.float64]
_NEVER, _ALWAYS = -np.inf, np.inf


@dataclass
class Batch:
    """Components of n nodes each, worked on together.

    cells     components × nodes × nodes × kinds × fields; kinds: number of known cross pairs, sum of their 2^bits
              against strangers, and, with that hypothesis, against one household
    alone     S of every two nodes by themselves: components × nodes × nodes
    together  components × nodes × nodes: must be in one group
    apart     components × nodes × nodes: must not
    priors    log2 odds against strangers and against one household
    least     S from which groups merge
    rows      components × nodes: different rows each node stands for
    most      rows of a group at most
    """

    cells: Grid
    alone: Grid
    together: Flags
    apart: Flags
    priors: tuple[float, float]
    least: float
    rows: Floats
    most: float


def merge(batch: Batch) -> tuple[Ints, Flags]:
    """The group of each node, as the number of one of its nodes (components × nodes); and which components are cut.

    The strongest merges go first; where one would make a group too large, it is left out and the component is cut.
    """
    count, n = batch.together.shape[:2]
    group = np.tile(np.arange(n), (count, 1))
    sizes, rows = np.ones((count, n)), batch.rows.copy()
    score = _scores(batch)
    cut: Flags = np.zeros(count, bool)
    cut |= _too_large(batch, score, rows[:, :, None] + rows[:, None, :]).any(axis=(1, 2))
    live = np.arange(count)
    for _ in range(n - 1):
        flat = score[live].reshape(len(live), n * n)
        best = np.argmax(flat, axis=1)
        go = flat[np.arange(len(live)), best] >= batch.least
        live, best = live[go], best[go]
        if not len(live):
            break
        i, j = best // n, best % n
        _absorb(batch, live, i, j)
        sizes[live, i] += sizes[live, j]
        rows[live, i] += rows[live, j]
        group[live] = np.where(group[live] == j[:, None], i[:, None], group[live])
        score[live, j, :] = score[live, :, j] = _NEVER
        row = _row_scores(batch, (live, i), sizes)
        row[group[live] != np.arange(n)] = _NEVER
        row[np.arange(len(live)), i] = _NEVER
        cut[live] |= _too_large(batch, row, rows[live] + rows[live, i][:, None]).any(axis=1)
        score[live, i, :] = score[live, :, i] = row
    return group, cut


def _too_large(batch: Batch, score: Grid, rows: Floats) -> Flags:
    """Which merges would happen but for the size of what comes of them; their S is set so that they do not."""
    over = (rows > batch.most) & (score < _ALWAYS)
    refused = over & (score >= batch.least)
    score[over] = _NEVER
    return np.asarray(refused)


def _absorb(batch: Batch, live: Ints, i: Ints, j: Ints) -> None:
    """Adds what node j's group knows to node i's, in the components `live`."""
    known = batch.cells[live, i] + batch.cells[live, j]
    batch.cells[live, i] = known
    batch.cells[live, :, i] = known
    for flags in (batch.together, batch.apart):
        either = flags[live, i] | flags[live, j]
        flags[live, i] = flags[live, :, i] = either


def _scores(batch: Batch) -> Grid:
    """S of every two nodes, as must and must not have it."""
    score = batch.alone
    score[batch.together] = _ALWAYS
    score[batch.apart] = _NEVER
    nodes = np.arange(score.shape[1])
    score[:, nodes, nodes] = _NEVER
    return score


def _row_scores(batch: Batch, at: tuple[Ints, Ints], sizes: Floats) -> Grid:
    """S of one node of each component with every other."""
    score = _judged(batch, batch.cells[at], np.minimum(sizes[at][:, None], sizes[at[0]]))
    score[batch.together[at]] = _ALWAYS
    score[batch.apart[at]] = _NEVER
    return score


def _judged(batch: Batch, cells: Grid, fewer: Floats) -> Grid:
    """S from the last two axes (kinds × fields) and the size of the smaller group."""
    known = cells[..., 0, :]
    bits = np.log2(np.where(known > 0, cells[..., 1, :] / np.maximum(known, 1.0), 1.0))
    witnesses = np.sqrt(fewer)[..., None]
    score = np.where(bits < 0, bits * witnesses, bits).sum(axis=-1) + batch.priors[0]
    if cells.shape[-2] > 2:
        bits = np.log2(np.where(known > 0, cells[..., 2, :] / np.maximum(known, 1.0), 1.0))
        against_kin = np.where(bits < 0, bits * witnesses, bits).sum(axis=-1) + batch.priors[1]
        score = -np.logaddexp2(-score, -against_kin)
    return np.asarray(score)
