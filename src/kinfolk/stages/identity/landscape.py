"""How all weighed pairs and all records lie along the scale of evidence, counted by whole and half bits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from kinfolk.stages.identity.arrays import Floats
from kinfolk.stages.identity.frame import Published
from kinfolk.stages.identity.net import cast
from kinfolk.stages.identity.scoring import probability
from kinfolk.stages.identity.weighing import Weigher

LOWEST, HIGHEST, STEP = -20.0, 40.0, 0.5  # bits; what lies beyond counts as lying at the end
_SEED = 20_26


@dataclass(frozen=True)
class Landscape:
    """Counts for each step of the scale, lowest first.

    bits      where each step begins
    joined    pairs of one customer; apart: pairs of two
    expected  pairs that are one person in the model's opinion
    records   records whose values could show that much at most, against a copy of themselves
    """

    bits: Floats
    joined: Floats
    apart: Floats
    expected: Floats
    records: Floats


def landscape(weigher: Weigher, known: Published, kinds: Mapping[str, str]) -> Landscape:
    """Every scored pair, and those between customers that a wider net catches."""
    a, b, weight = known.pairs
    net = cast(weigher, known.customers, dict(kinds), _SEED)
    count = len(known.customers)
    fresh = ~np.isin(net.a * count + net.b, a * count + b)
    caught = weigher.weights(net.a[fresh], net.b[fresh])
    same = known.customers[a] == known.customers[b]
    apart = np.concatenate([weight[~same], caught])
    scale = np.concatenate([np.ones(int((~same).sum())), np.full(len(caught), 1 / net.share)])
    joined = _counted(weight[same], np.ones(int(same.sum())))
    expected = _counted(weight[same], probability(weight[same])) + _counted(apart, scale * probability(apart))
    best = weigher.at_best()
    steps = np.arange(LOWEST, HIGHEST, STEP)
    return Landscape(steps, joined, _counted(apart, scale), expected, _counted(best, np.ones(len(best))))


def _counted(weights: Floats, worth: Floats) -> Floats:
    steps = round((HIGHEST - LOWEST) / STEP)
    at = np.floor((weights - LOWEST) / STEP).clip(0, steps - 1).astype(np.int64)
    return np.bincount(at, worth, minlength=steps).astype(np.float64)
