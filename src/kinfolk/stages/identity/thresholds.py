"""From which probability two records are one customer, and from which a person is asked, if the project does not say.

Every pair has a probability under the model, so the pairs that a threshold would put together wrongly, or miss, can be
counted in advance. Chosen is the threshold at which the F-measure so expected is highest, where precision counts twice
as much as recall, since a false merge does more harm than a missed one. For a measure F of weight β that is
F / (1 + β²) (after Lipton, Elkan and Naryanaswamy 2014, for F1): 0.8 where the model is never in doubt, and less the
more pairs it doubts, because a high threshold would miss many of them.
"""

from __future__ import annotations

import numpy as np

from kinfolk.model.identity import Matching
from kinfolk.stages.identity.arrays import Floats
from kinfolk.stages.identity.model import Estimate, Model
from kinfolk.stages.identity.patterns import Patterns
from kinfolk.stages.identity.scoring import probability, soft_minimum

MERGE_AT, REVIEW_AT = 0.95, 0.80  # where there is too little to estimate from
EVEN = 0.5  # pairs below even odds are not kept, so no threshold lies lower
_BETA = 0.5  # recall counts half as much as precision
_ENOUGH = 20.0  # expected pairs of one customer from which the estimate is used


def estimate(weights: Floats, model: Model, patterns: Patterns) -> Estimate:
    """The thresholds the model proposes, and what it expects of them.

    weights   of the pairs at even odds or better, in bits
    patterns  of all pairs compared
    """
    likely = np.sort(probability(weights))[::-1]
    missed = _missed(model, patterns)
    right, found = np.cumsum(likely), np.arange(1, len(likely) + 1)
    pairs = float(likely.sum()) + missed
    if pairs < _ENOUGH:
        merge_at, review_at = MERGE_AT, REVIEW_AT
    else:
        square = _BETA * _BETA
        best = float(((1 + square) * right / (found + square * pairs)).max(initial=0.0))
        merge_at, review_at = max(best / (1 + square), EVEN), EVEN
    merged = int(np.searchsorted(-likely, -merge_at, side="right"))
    expected = float(likely[:merged].sum())
    return Estimate(
        merge_at=round(merge_at, 4),
        review_at=review_at,
        pairs=pairs,
        missed=missed,
        precision=expected / merged if merged else 1.0,
        recall=expected / pairs if pairs else 1.0,
    )


def in_force(matching: Matching, model: Model | None) -> tuple[float, float]:
    """`merge_at` and `review_at`: what the project says, else what the model proposes; never in the wrong order."""
    proposed = model.estimate if model else None
    merge_at = matching.merge_at
    if merge_at is None:
        merge_at = max(proposed.merge_at if proposed else MERGE_AT, matching.review_at or 0.0)
    review_at = matching.review_at
    if review_at is None:
        review_at = min(proposed.review_at if proposed else REVIEW_AT, merge_at)
    return merge_at, review_at


def _missed(model: Model, patterns: Patterns) -> float:
    """Expected pairs of one customer among the compared pairs below even odds (common and rare values alike)."""
    weight = np.full(patterns.levels.shape[1], model.prior_bits)
    for line, field in zip(patterns.levels, model.fields, strict=True):
        weight += field.bits[line]
    if model.related_prior_bits is not None:
        kin = np.full(len(weight), model.related_prior_bits)
        for line, field in zip(patterns.levels, model.fields, strict=True):
            kin += (field.bits if field.column in model.personal else field.related_bits)[line]
        weight = soft_minimum(weight, kin)
    return float((patterns.total * probability(weight))[weight < 0].sum())
