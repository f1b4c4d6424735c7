"""What a judged sample says about everything it was drawn from, with 95 % intervals.

The share in each stratum gets Wilson's interval (Wilson 1927), narrowed where much of the stratum was judged and
widened where one verdict settles more than another (effective size, Kish 1965). Sums over strata and their ratios get
theirs by recovering variances from these limits (MOVER: Zou & Donner 2008; for ratios Donner & Zou 2012), which holds
for few judgements and shares near 0 or 1, where the usual interval of plus and minus fails.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_Z = 1.959964


@dataclass(frozen=True)
class Estimate:
    """A number and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Stratum:
    """What was judged of one stratum.

    units     pairs in it, estimated where not all were listed
    listed    pairs of it that were listed
    weight    what all its pairs would settle, in the unit that is counted (pairs of records, or customers)
    verdicts  of each judged pair, what it settles in that unit, and whether it is one person
    trusted   with no pair found to be one person, the whole stratum counts as having none
    """

    units: float
    listed: int
    weight: float
    verdicts: tuple[tuple[float, bool], ...]
    trusted: bool = False


def total(strata: Sequence[Stratum]) -> Estimate:
    """What the pairs that are one person settle in all."""
    parts = [_part(stratum) for stratum in strata]
    value = sum(part.value for part in parts)
    below = math.sqrt(sum((part.value - part.low) ** 2 for part in parts))
    above = math.sqrt(sum((part.high - part.value) ** 2 for part in parts))
    return Estimate(value, max(value - below, 0.0), min(value + above, sum(s.weight for s in strata)))


def _part(stratum: Stratum) -> Estimate:
    """The same of one stratum."""
    settled = sum(size for size, _ in stratum.verdicts)
    if not settled:
        return Estimate(0.0, 0.0, 0.0 if stratum.trusted else stratum.weight)
    share = sum(size for size, same in stratum.verdicts if same) / settled
    if stratum.trusted and share == 0:
        return Estimate(0.0, 0.0, 0.0)
    effective = settled**2 / sum(size**2 for size, _ in stratum.verdicts)
    low, high = wilson(share, effective, stratum.units)
    missing = 1 - stratum.listed / max(stratum.units, stratum.listed)
    unsure = _Z * share * math.sqrt(missing / max(stratum.listed, 1))  # the size of the stratum is an estimate then
    low, high = share - math.hypot(share - low, unsure), share + math.hypot(high - share, unsure)
    return Estimate(share * stratum.weight, max(low, 0.0) * stratum.weight, high * stratum.weight)


def wilson(share: float, judged: float, units: float) -> tuple[float, float]:
    """Limits of a share seen among `judged` of `units`; both are the share itself once all were judged."""
    if units - judged < 0.5:
        return share, share
    n = judged * max(units - 1, 1) / (units - judged)
    middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    return max(min(middle - half, share), 0.0), min(max(middle + half, share), 1.0)


def share_of(part: Estimate, rest: Estimate) -> Estimate:
    """part / (part + rest), both estimated from samples of their own."""
    if part.value <= 0:
        return Estimate(0.0, 0.0, 1.0 if part.high > 0 else 0.0)
    odds = _ratio(rest, part)
    return Estimate(1 / (1 + odds.value), 1 / (1 + odds.high), 1 / (1 + odds.low))


def _ratio(top: Estimate, bottom: Estimate) -> Estimate:
    t, b = top.value, bottom.value
    most, least = bottom.high * (2 * b - bottom.high), bottom.low * (2 * b - bottom.low)
    if most > 0:
        low = (t * b - math.sqrt(max((t * b) ** 2 - top.low * (2 * t - top.low) * most, 0.0))) / most
    else:  # the limits of the bottom are too far apart for the formula
        low = top.low / bottom.high
    if least > 0:
        high = (t * b + math.sqrt(max((t * b) ** 2 - top.high * (2 * t - top.high) * least, 0.0))) / least
    else:
        high = math.inf if top.high > 0 else 0.0
    return Estimate(t / b, max(low, 0.0), high)


def divided(part: Estimate, whole: float) -> Estimate:
    """As a share of a number that is known, at most 1."""
    value, low, high = (min(number / whole, 1.0) if whole else 0.0 for number in (part.value, part.low, part.high))
    return Estimate(value, low, high)
