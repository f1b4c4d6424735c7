"""What people said of pairs, taken as examples: a handful of them corrects what was learned without any.

A pair that people judged counts for what they said wherever parameters are learned from pairs. And because the few
pairs worth asking about lie where the model doubts, they show whether it is too sure or not sure enough there: the
prior moves as the answers ask, held back as if it were known to half a bit, so that a handful moves it a little. Which
pairs were asked about may depend on their weight without leading this astray.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from kinfolk.stages.identity.arrays import Codes, Flags, Floats, Ints, Levels
from kinfolk.stages.identity.model import Model
from kinfolk.stages.identity.patterns import Patterns
from kinfolk.stages.identity.scoring import probability

LEAST = 20  # judged pairs from which they are learned from: fewer are obeyed, and say too little of others
_DOUBT = 0.5  # bits by which the prior is thought to be wrong before anybody is asked
_ROUNDS = 30


@dataclass(frozen=True)
class Labels:
    """Pairs of rows a < b that people judged, each once; same: whether they are one customer."""

    a: Ints
    b: Ints
    same: Flags

    def __len__(self) -> int:
        return len(self.a)

    @property
    def enough(self) -> bool:
        """Whether there are enough to learn from."""
        return len(self) >= LEAST


def judged(patterns: Patterns, of_pair: Codes, rule: Ints, same: Floats) -> Patterns:
    """The patterns with each judged pair as one of its own.

    of_pair, rule  pattern of each judged pair, and number of the blocking rule that found it
    same           1 one customer, 0 two
    """
    counts = patterns.counts.copy()
    np.subtract.at(counts, (rule, of_pair), 1.0)
    own = np.zeros((len(counts), len(of_pair)))
    own[rule, np.arange(len(of_pair))] = 1.0
    said = np.concatenate([np.full(counts.shape[1], np.nan), same])
    levels: Levels = np.concatenate([patterns.levels, patterns.levels[:, of_pair]], axis=1)
    return Patterns(levels, np.concatenate([counts, own], axis=1), said)


def moved(model: Model, weights: Floats, same: Flags) -> Model:
    """The model with its prior moved as the judged pairs ask. weights: theirs under it, in bits."""
    shift = 0.0
    for _ in range(_ROUNDS):  # Newton's method on a concave function of one variable
        p = probability(weights + shift)
        slope = np.log(2) * float((same - p).sum()) - shift / _DOUBT**2
        curve = np.log(2) ** 2 * float((p * (1 - p)).sum()) + 1 / _DOUBT**2
        shift += slope / curve
    odds = model.prior / (1 - model.prior) * 2.0**shift
    return replace(model, prior=odds / (1 + odds))


def most_informative(weights: Floats, count: int) -> Ints:
    """Positions of the pairs whose answers say most: those the model doubts most, spread over its range of doubt.

    weights  of the open pairs, in bits
    """
    p = probability(weights)
    doubt = np.sqrt(p * (1 - p))
    if not len(weights) or doubt.sum() <= 0:
        return np.zeros(0, np.int64)
    order = np.lexsort((np.arange(len(weights)), weights))
    reached = np.cumsum(doubt[order]) / doubt.sum()
    steps = (np.arange(min(count, len(weights))) + 0.5) / min(count, len(weights))
    return np.unique(order[np.minimum(np.searchsorted(reached, steps), len(order) - 1)])
