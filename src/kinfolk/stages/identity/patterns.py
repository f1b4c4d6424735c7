"""Agreement patterns: which levels pairs reach together, and how often. All learning happens on these counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinfolk.stages.identity.arrays import Codes, Flags, Floats, Ints, Levels
from kinfolk.stages.identity.arrow import array
from kinfolk.stages.identity.blocking import Rule
from kinfolk.stages.identity.comparison import SAME

LEVELS = 8  # more than any field has


@dataclass(frozen=True)
class Patterns:
    """Distinct patterns.

    levels  one line per field, one column per pattern
    counts  pairs of each pattern: one line per blocking rule that found them first
    said    what people said of the pairs: 1 one customer, 0 two, NaN nothing; None where nobody said anything
    """

    levels: Levels
    counts: Floats
    said: Floats | None = None

    @property
    def total(self) -> Floats:
        """Pairs of each pattern."""
        return np.asarray(self.counts.sum(axis=0))

    def obeying(self, chance: Floats) -> Floats:
        """The probabilities of being one customer, those of pairs that people judged replaced by what they said."""
        return chance if self.said is None else np.where(np.isnan(self.said), chance, self.said)

    def where(self, kept: Flags) -> Patterns:
        """The patterns marked."""
        return Patterns(self.levels[:, kept], self.counts[:, kept], None if self.said is None else self.said[kept])

    def of_rule(self, number: int, rule: Rule, fields: Sequence[str]) -> Floats:
        """Pairs of each pattern that the rule picks.

        Patterns tell it where the rule's columns are all compared; otherwise only the pairs it found first count.
        """
        if not set(rule.columns) <= set(fields):
            return np.asarray(self.counts[number])
        picked = np.ones(self.levels.shape[1], bool)
        for column in rule.columns:
            picked &= self.levels[list(fields).index(column)] == SAME
        return np.asarray(np.where(picked, self.total, 0.0))


def count(levels: Levels, rule: Ints, rules: int) -> tuple[Patterns, Codes]:
    """The patterns of pairs, and which pattern each pair has. rule: number of the rule that found each pair first."""
    encoded = array(packed(levels)).dictionary_encode()
    of_pair = encoded.indices.to_numpy().astype(np.int32, copy=False)
    distinct = encoded.dictionary.to_numpy()
    counts = np.bincount(rule * len(distinct) + of_pair, minlength=rules * len(distinct))
    shape = (rules, len(distinct))
    return Patterns(unpacked(distinct, len(levels)), counts.reshape(shape).astype(np.float64)), of_pair


def packed(levels: Levels) -> Ints:
    """Each pair's levels as one number: three bits a field, the first field highest."""
    numbers = np.zeros(levels.shape[1], np.int64)
    for line in levels:
        numbers = numbers * LEVELS + line
    return numbers


def unpacked(numbers: Ints, fields: int) -> Levels:
    """The levels again: one line per field."""
    shifts = LEVELS ** np.arange(fields - 1, -1, -1, dtype=np.int64)
    levels: Levels = ((numbers[None, :] // shifts[:, None]) % LEVELS).astype(np.uint8)
    return levels


def numbers_of(patterns: Patterns, levels: Levels) -> Codes:
    """Which of the patterns each of these pairs has; every one of them is there."""
    known = packed(patterns.levels)
    order = np.argsort(known)
    return np.asarray(order[np.searchsorted(known[order], packed(levels))], dtype=np.int32)


def tally(levels: Levels, weights: Floats, slots: int) -> Floats:
    """Weight at each level 1..slots of one field."""
    return np.bincount(levels, weights=weights, minlength=slots + 1)[1 : slots + 1].astype(np.float64)


def likelihood(levels: Levels, shares: Sequence[Floats], used: Flags) -> Floats:
    """log of the product over the used fields of each pattern's share; unknown levels say nothing."""
    out = np.zeros(levels.shape[1])
    for line, share, wanted in zip(levels, shares, used, strict=True):
        if wanted:
            out += np.concatenate([[0.0], np.log(share)])[line]
    return out
