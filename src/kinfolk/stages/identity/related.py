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
_KIN, _NEIGHBOURS = 0.5, 0.05  # how far from u to m the shares of each are assumed to lie
_MOST_KIN = 4.0  # related pairs for each record: five at home, with two records each
LEAST_PERSONAL = 2


@dataclass(frozen=True)
class Related:
    """Shares of levels among pairs of one household, its prior, and the prior of one customer beside it."""

    shares: tuple[Floats, ...]
    prior: float
    same_prior: float


def learn_related(patterns: Patterns, parameters: Parameters, personal: Flags, count: int) -> Related | None:
    """EM with m and u fixed: personal fields agree by chance among the related, the others are learned.

    Where more are found than households can hold, they are neighbours, who share a place and no more (many pairs come
    from one postcode). Then neighbours are learned beside kin, and forgotten: kin are what is left.
    None with fewer than two personal fields (one alone cannot tell kin from oneself). Where hardly any relation is
    found the hypothesis stays, as improbable as it is: one household among few records is a household too.
    """
    if personal.sum() < LEAST_PERSONAL or not len(patterns.total) or personal.all():
        return None
    every = max(count * (count - 1) / 2, 1.0)
    found = _learned(patterns, parameters, personal, (every, (_KIN,)))
    if found.prior * every > _MOST_KIN * count:
        return _learned(patterns, parameters, personal, (every, (_KIN, _NEIGHBOURS)))
    return found


def _learned(
    patterns: Patterns, parameters: Parameters, personal: Flags, sought: tuple[float, tuple[float, ...]]
) -> Related:
    """The first of the relations sought. sought: pairs there are, and how far each relation lies from u to m."""
    every, places = sought
    all_fields = np.ones(len(personal), bool)
    same = likelihood(patterns.levels, parameters.m, all_fields)
    strangers = likelihood(patterns.levels, parameters.u, all_fields)
    by_chance = likelihood(patterns.levels, parameters.u, personal)
    assumed = [_between(parameters, personal, place) for place in places]
    shares = [list(one) for one in assumed]
    priors = np.full(1 + len(places), parameters.prior)  # of one customer, then of each relation
    for _ in range(_ROUNDS):
        logs = [same, *(by_chance + likelihood(patterns.levels, one, ~personal) for one in shares), strangers]
        chance = np.stack(logs) + np.log([*priors, 1 - priors.sum()])[:, None]
        chance = np.exp(chance - chance.max(axis=0))
        chance /= chance.sum(axis=0)
        said = patterns.obeying(chance[0])
        chance[1:] *= (1 - said) / np.maximum(1 - chance[0], 1e-300)
        chance[0] = said
        chance *= patterns.total
        before = priors[1]
        priors = np.clip((chance[:-1].sum(axis=1) + 0.5) / every, 1e-12, 0.3)
        for expected, start, one in zip(chance[1:-1], assumed, shares, strict=True):
            for at in np.flatnonzero(~personal).tolist():
                seen = tally(patterns.levels[at], expected, len(one[at]))
                one[at] = (seen + start[at] * _ASSUMED) / (seen.sum() + _ASSUMED)
        if abs(priors[1] - before) < _SETTLED * priors[1]:
            break
    return Related(tuple(shares[0]), float(priors[1]), float(priors[0]))


def _between(parameters: Parameters, personal: Flags, place: float) -> list[Floats]:
    """What is assumed: u where a field is personal, elsewhere what lies `place` of the way from u to m."""
    return [
        u if own else place * m + (1 - place) * u
        for m, u, own in zip(parameters.m, parameters.u, personal, strict=True)
    ]
