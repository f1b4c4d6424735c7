"""Where candidate pairs are compared and weighed: on this machine, or by a finder that computes elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import numpy as np

from kinfolk.engine.step import PairFinder, Tell
from kinfolk.stages.identity.arrays import Floats, Ints
from kinfolk.stages.identity.blocking import Blocks, candidates
from kinfolk.stages.identity.comparison import SAME
from kinfolk.stages.identity.elsewhere import asked_first, asked_likely, counted, weighed
from kinfolk.stages.identity.evidence import Comparer
from kinfolk.stages.identity.patterns import Patterns, count
from kinfolk.stages.identity.scoring import Scorer

_PIECES = 8  # that pairs are scored in, by two threads
Weighed = tuple[Ints, Ints, Floats]  # rows a < b, and what speaks for one customer, in bits


class Candidates(Protocol):
    """The pairs of rows that some blocking rule finds."""

    def patterns(self) -> Patterns:
        """Which levels they reach together, and how often."""

    def likely(self, fitted: Scorer) -> Weighed:
        """Those at even odds or better."""


def paired(judge: Comparer, blocks: Sequence[Blocks], finder: PairFinder | None, tell: Tell) -> Candidates:
    """The candidate pairs of these blocks. finder: what compares them; None = this machine"""
    return Here(judge, blocks, tell) if finder is None else Elsewhere(judge, blocks, finder, tell)


class Here:
    """Every pair is compared at once and held in memory: its levels, and which rule found it first."""

    def __init__(self, judge: Comparer, blocks: Sequence[Blocks], tell: Tell) -> None:
        pieces: list[tuple[int, Ints, Ints]] = []
        levels, done = [np.zeros((len(judge.fields), 0), np.uint8)], 0
        for compared in judge.compare_each(_noting(blocks, pieces)):
            levels.append(compared)
            done += compared.shape[1]
            tell(f"Compared {done:,} pairs")
        nothing = np.zeros(0, np.int64)
        rule = np.concatenate([nothing, *(np.full(len(a), number, np.int64) for number, a, _ in pieces)])
        self._levels = np.concatenate(levels, axis=1)
        self._a = np.concatenate([nothing, *(a for _, a, _ in pieces)])
        self._b = np.concatenate([nothing, *(b for _, _, b in pieces)])
        self._patterns, self._of_pair = count(self._levels, rule, max(len(blocks), 1))

    def patterns(self) -> Patterns:
        """Which levels the pairs reach together, and how often."""
        return self._patterns

    def likely(self, fitted: Scorer) -> Weighed:
        """The pairs at even odds or better."""
        worth = np.flatnonzero(_at_best(fitted, self._patterns)[self._of_pair] >= 0)
        with ThreadPoolExecutor(2) as pool:
            pieces = np.array_split(worth, _PIECES)
            weights = pool.map(lambda p: fitted.weights(self._levels[:, p], self._a[p]), pieces)
            weight = np.concatenate(list(weights))
        kept = weight >= 0
        at = worth[kept]
        return self._a[at], self._b[at], weight[kept]


class Elsewhere:
    """The finder compares pairs and returns how often each pattern occurs, then the likely pairs alone."""

    def __init__(self, judge: Comparer, blocks: Sequence[Blocks], finder: PairFinder, tell: Tell) -> None:
        self._judge, self._blocks, self._finder, self._tell = judge, blocks, finder, tell

    def patterns(self) -> Patterns:
        """Which levels the pairs reach together, and how often."""
        if not self._blocks:  # without a rule Splink would compare each with each
            return Patterns(np.zeros((len(self._judge.fields), 0), np.uint8), np.zeros((1, 0)))
        self._tell("Comparing pairs with Splink on Spark")
        return counted(self._finder.patterns(asked_first(self._judge, self._blocks)), self._judge, len(self._blocks))

    def likely(self, fitted: Scorer) -> Weighed:
        """The pairs at even odds or better."""
        if not self._blocks:
            nothing = np.zeros(0, np.int64)
            return nothing, nothing, np.zeros(0)
        self._tell("Scoring pairs with Splink on Spark")
        return weighed(self._finder.likely(asked_likely(fitted, self._blocks)), fitted)


def _noting(
    blocks: Sequence[Blocks], pieces: list[tuple[int, Ints, Ints]]
) -> Iterator[tuple[Ints, Ints, tuple[str, ...]]]:
    """Pairs, rule by rule, and the columns in which they are equal; each is noted in `pieces`."""
    for number, a, b in candidates(blocks):
        pieces.append((number, a, b))
        yield a, b, blocks[number].rule.columns


def _at_best(fitted: Scorer, patterns: Patterns) -> Floats:
    """The weight pairs of each pattern would have if all they share were as rare as values get."""
    total = np.full(patterns.levels.shape[1], fitted.model.prior_bits)
    for line, field, rare in zip(patterns.levels, fitted.model.fields, fitted.rare, strict=True):
        bits = field.bits.copy()
        bits[SAME] += rare.max(initial=0.0)
        total += bits[line]
    return total
