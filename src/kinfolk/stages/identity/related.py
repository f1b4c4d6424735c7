"""A third hypothesis: related, but not the same. Two people of one household share much, but not what is personal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinfolk.stages.identity.arrays import Flags, Floats
from kinfolk.stages.identity.learning import Parameters
from kinfolk.stages.identity.patterns import Patterns, likelihood, tally

_ROUNDS = 200
_SETTLED = 1e-5
_ASSUMED = 20.0
LEAST_PERSONAL = 2


@dataclass(frozen=True)
class Related:
    """Shares of levels among pairs of one household, its prior, and the prior of one customer beside it."""

    shares: tuple[Floats, ...]
    prior: float
    same_prior: float


def learn_related(patterns: Patterns, parameters: Parameters, personal: Flags, count: int) -> Related | None:
    """EM with m and u fixed: personal fields agree by chance among the related, the others are learned.

    None with fewer than two personal fields (one alone cannot tell kin from oneself). Where hardly any relation is
    found the hypothesis stays, as improbable as it is: one household among few records is a household too.
    """
    if personal.sum() < LEAST_PERSONAL or not len(patterns.total) or personal.all():
        return None
    every = max(count * (count - 1) / 2, 1.0)
    all_fields = np.ones(len(personal), bool)
    same = likelihood(patterns.levels, parameters.m, all_fields)
    strangers = likelihood(patterns.levels, parameters.u, all_fields)
    by_chance = likelihood(patterns.levels, parameters.u, personal)
    shares = [u if own else (m + u) / 2 for m, u, own in zip(parameters.m, parameters.u, personal, strict=True)]
    prior, same_prior = parameters.prior, parameters.prior
    total = patterns.total
    for _ in range(_ROUNDS):
        kin = by_chance + likelihood(patterns.levels, shares, ~personal)
        logs = np.stack([same + np.log(same_prior), kin + np.log(prior), strangers + np.log1p(-same_prior - prior)])
        chance = np.exp(logs - logs.max(axis=0))
        chance *= total / chance.sum(axis=0)
        before = prior
        same_prior, prior = (float(np.clip((chance[k].sum() + 0.5) / every, 1e-12, 0.4)) for k in (0, 1))
        for at in np.flatnonzero(~personal).tolist():
            seen = tally(patterns.levels[at], chance[1], len(shares[at]))
            middle = (parameters.m[at] + parameters.u[at]) / 2
            shares[at] = (seen + middle * _ASSUMED) / (seen.sum() + _ASSUMED)
        if abs(prior - before) < _SETTLED * prior:
            break
    return Related(tuple(shares), prior, same_prior)
