"""Parameters learned without labels: u from pairs drawn at random, m by EM within blocks, then the prior."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from kinfolk.stages.identity import diagnostics as told
from kinfolk.stages.identity.arrays import Codes, Flags, Floats, Ints
from kinfolk.stages.identity.blocking import Rule
from kinfolk.stages.identity.evidence import Comparer
from kinfolk.stages.identity.patterns import Patterns, likelihood, tally

_SEED = 20_26
_RANDOM_PAIRS = 300_000
_PARTS = 8
_ROUNDS = 60
_SETTLED = 1e-4
_ASSUMED = 20.0  # pairs that what is assumed of a field weighs as much as
_STRANGERS = 1_000.0  # pairs assumed beside those there are: a handful of records cannot say how many are strangers
_SWAPPED = 0.005  # assumed share of swapped given and family names


@dataclass
class Parameters:
    """m and u of each field, one entry per level from 1 on, the prior, and what could not be learned and why."""

    m: list[Floats]
    u: list[Floats]
    prior: float
    diagnostics: list[str] = field(default_factory=list)


def assumed(comparer: Comparer) -> tuple[list[Floats], list[Floats]]:
    """m and u before anything is learned."""
    m, u = [], []
    for number, one in enumerate(comparer.fields):
        ms, us = np.array(one.kind.m), np.array(one.kind.u)
        if comparer.swap is not None and comparer.swap[0] == number:
            ms = np.append(ms * (1 - _SWAPPED), _SWAPPED)
            us = np.append(us, us[0] * us[0] / 10)
        m.append(ms / ms.sum())
        u.append(us / us.sum())
    return m, u


def random_pairs(count: int) -> tuple[Ints, Ints]:
    """Pairs of `count` rows: all of them where they are few, else a fixed draw."""
    if count * (count - 1) // 2 <= _RANDOM_PAIRS:
        a, b = np.triu_indices(count, 1)
        return a.astype(np.int64), b.astype(np.int64)
    rng = np.random.default_rng(_SEED)
    a, b = rng.integers(0, count, _RANDOM_PAIRS), rng.integers(0, count, _RANDOM_PAIRS)
    return np.minimum(a, b)[a != b], np.maximum(a, b)[a != b]


def learn_u(comparer: Comparer, count: int) -> list[Floats]:
    """Share of strangers' pairs at each level. The share of equal values is exact, the rest is drawn."""
    a, b = random_pairs(count)
    parts = zip(np.array_split(a, _PARTS), np.array_split(b, _PARTS), strict=True)
    levels = np.concatenate(list(comparer.compare_each(parts)), axis=1)
    learned = []
    for line, codes, before in zip(levels, comparer.codes, assumed(comparer)[1], strict=True):
        seen = tally(line, np.ones(len(line)), len(before))
        share = (seen + 0.5 + _ASSUMED * before) / (seen.sum() + 0.5 * len(before) + _ASSUMED)
        same = _equal_share(codes, float(before[0]))
        learned.append(np.concatenate([[same], share[1:] / share[1:].sum() * (1 - same)]))
    return learned


def _equal_share(codes: Codes, before: float) -> float:
    sizes = np.bincount(codes[codes >= 0]).astype(np.float64) if (codes >= 0).any() else np.zeros(1)
    known = sizes.sum()
    pairs = known * (known - 1) / 2
    share = ((sizes * (sizes - 1) / 2).sum() + _ASSUMED * before) / (pairs + _ASSUMED)
    return float(min(max(share, 1e-12), 0.999))


def learn(
    comparer: Comparer, patterns: Patterns, rules: Sequence[Rule], personal: Sequence[str], count: int
) -> Parameters:
    """All parameters. A field that too few pairs speak of keeps what is assumed, and the diagnostics say so.

    Pairs that people judged count for what they said.
    """
    before, u = assumed(comparer)[0], learn_u(comparer, count)
    names = [one.name for one in comparer.fields]
    counted = [np.zeros(len(ms)) for ms in before]
    parameters = Parameters([], u, 0.0, told.of_pairs(float(patterns.total.sum()), len(rules)))
    for number in _training(rules, names, personal):
        weights = patterns.of_rule(number, rules[number], names)
        used = np.array([name not in rules[number].columns for name in names])
        expected, moved = _expectation_maximisation(patterns, weights, used, (before, u))
        for at, seen in expected.items():
            counted[at] += seen
        parameters.diagnostics += told.of_rounds(rules[number].columns, moved, _ROUNDS)
    for one, codes, seen, ms, us in zip(comparer.fields, comparer.codes, counted, before, u, strict=True):
        m = (seen + ms * _ASSUMED) / (seen.sum() + _ASSUMED)
        parameters.diagnostics += filter(None, [told.of_field(one, codes, seen, (m, us))])
        parameters.m.append(ms if seen.sum() >= told.ENOUGH and m[0] <= us[0] else np.maximum(m, 1e-6))
    parameters.prior = learn_prior(patterns, parameters, count)
    parameters.diagnostics += told.of_prior(parameters.prior)
    return parameters


def _training(rules: Sequence[Rule], names: Sequence[str], personal: Sequence[str]) -> list[int]:
    """Rules to train on: where fields tell people of one household apart, those that use one of them.

    A block that a household shares (an address, a telephone) would teach that customers' first names differ.
    """
    told = [n for n, rule in enumerate(rules) if set(rule.columns) & set(personal)]
    trained = [name for name in names if any(name not in rules[n].columns for n in told)]
    return told if told and len(trained) == len(names) else list(range(len(rules)))


def _expectation_maximisation(
    patterns: Patterns, weights: Floats, used: Flags, start: tuple[list[Floats], list[Floats]]
) -> tuple[dict[int, Floats], float]:
    """Expected pairs of one customer at each level of the used fields, among the weighted patterns; u is given.

    Beside them how far the share that moved most did so in the last round.
    """
    kept = weights > 0
    if not kept.any():
        return {}, 0.0
    patterns, weights = patterns.where(kept), weights[kept]
    levels = patterns.levels
    m, u = list(start[0]), start[1]
    unlike = likelihood(levels, u, used)
    share = 0.3
    seen: dict[int, Floats] = {}
    moved = 0.0
    for _ in range(_ROUNDS):
        alike = likelihood(levels, m, used)
        customer = 1 / (1 + np.exp(np.clip(unlike - alike, -500, 500)) * (1 - share) / share)
        expected = weights * patterns.obeying(customer)
        share = float(np.clip(expected.sum() / weights.sum(), 1e-9, 1 - 1e-9))
        moved = 0.0
        for at in np.flatnonzero(used).tolist():
            seen[at] = tally(levels[at], expected, len(m[at]))
            after = (seen[at] + start[0][at] * _ASSUMED) / (seen[at].sum() + _ASSUMED)
            moved = max(moved, float(np.abs(after - m[at]).max()))
            m[at] = after
        if moved < _SETTLED:
            break
    return seen, moved


def learn_prior(patterns: Patterns, parameters: Parameters, count: int) -> float:
    """Probability that two rows drawn at random are one customer: expected ones among the candidates, over all pairs.

    Pairs that no blocking rule picked count as strangers, and so do some that are assumed.
    """
    every = count * (count - 1) / 2 + _STRANGERS
    used = np.ones(len(parameters.m), bool)
    evidence = likelihood(patterns.levels, parameters.m, used) - likelihood(patterns.levels, parameters.u, used)
    odds = np.exp(np.clip(-evidence, -500, 500))
    total, prior = patterns.total, 1.0 / max(count, 2)
    for _ in range(_ROUNDS):
        expected = float((total * patterns.obeying(1 / (1 + odds * (1 - prior) / prior))).sum())
        after = float(np.clip((expected + 0.5) / every, 1e-12, told.MOST_LIKELY))
        settled, prior = abs(after - prior) < prior * _SETTLED, after
        if settled:
            break
    return prior
