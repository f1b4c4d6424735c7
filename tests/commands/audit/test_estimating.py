"""Estimates from strata: exact where all was judged, honest where little was."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy.stats import binomtest

from kinfolk.commands.audit.drawing import allotted
from kinfolk.commands.audit.estimating import Estimate, Stratum, divided, share_of, total, wilson


def stratum(units: float, same: int, different: int, **more: bool) -> Stratum:
    return Stratum(units, int(units), units, ((1.0, True),) * same + ((1.0, False),) * different, **more)


@given(some.integers(0, 60), some.integers(1, 60))
def test_limits_of_a_share_are_wilsons_where_there_is_endless_more(same: int, others: int) -> None:
    judged = same + others
    wanted = binomtest(same, judged).proportion_ci(method="wilson")
    low, high = wilson(same / judged, judged, 1e12)
    assert (low, high) == (pytest.approx(wanted.low, abs=1e-6), pytest.approx(wanted.high, abs=1e-6))


@given(some.integers(0, 20), some.integers(0, 20))
def test_nothing_is_uncertain_once_all_was_judged(same: int, different: int) -> None:
    found = total([stratum(same + different, same, different)])
    assert found == Estimate(pytest.approx(same), pytest.approx(same), pytest.approx(same))


@given(
    some.lists(some.tuples(some.integers(1, 500), some.integers(0, 30), some.integers(0, 30)), min_size=1, max_size=6)
)
def test_the_estimate_lies_in_its_interval_and_the_interval_in_what_is_possible(
    parts: list[tuple[int, int, int]],
) -> None:
    strata = [stratum(units + same + other, same, other) for units, same, other in parts]
    found = total(strata)
    assert 0 <= found.low <= found.value + 1e-9 and found.value <= found.high + 1e-9
    assert found.high <= sum(s.weight for s in strata) + 1e-9


@given(some.floats(0, 100), some.floats(0.1, 100), some.floats(0, 1), some.floats(0, 1))
def test_a_share_lies_in_its_interval(part: float, rest: float, narrow: float, wide: float) -> None:
    found = share_of(Estimate(part, part * narrow, part * (1 + wide)), Estimate(rest, rest * narrow, rest * (1 + wide)))
    assert 0 <= found.low <= found.value + 1e-9 and found.value <= found.high + 1e-9 and found.high <= 1
    if part:
        assert found.value == pytest.approx(part / (part + rest))


def test_a_stratum_nobody_judged_may_hold_anything_unless_it_is_trusted() -> None:
    assert total([stratum(40, 0, 0)]) == Estimate(0, 0, 40)
    assert total([stratum(40, 0, 0, trusted=True)]) == Estimate(0, 0, 0)
    assert total([stratum(40, 0, 5, trusted=True)]) == Estimate(0, 0, 0)
    assert total([stratum(40, 1, 4, trusted=True)]).value == 8


def test_a_stratum_that_was_only_partly_listed_is_less_certain() -> None:
    whole = Stratum(1000, 1000, 1000, ((1.0, True), (1.0, False)) * 20)
    partly = Stratum(1000, 10, 1000, ((1.0, True), (1.0, False)) * 5)
    few = Stratum(1000, 1000, 1000, ((1.0, True), (1.0, False)) * 5)
    assert total([whole]).high < total([few]).high < total([partly]).high


def test_a_verdict_that_settles_more_weighs_more() -> None:
    found = total([Stratum(100, 100, 300, ((5.0, True), (1.0, False)))])
    assert found.value == pytest.approx(250)
    assert divided(found, 1000).value == pytest.approx(0.25)


@given(some.lists(some.integers(0, 50), min_size=1, max_size=8), some.integers(1, 200))
def test_the_sample_is_as_large_as_asked_and_takes_no_pair_twice(listed: list[int], size: int) -> None:
    there = np.array(listed)
    wanted = allotted(there, there * 0.3, size)
    assert (wanted <= there).all() and wanted.sum() == min(size, there.sum())
    if size >= 2 * len(listed):
        assert (wanted[there > 0] > 0).all(), "every stratum has a say"


def test_an_unbounded_ratio_becomes_a_share_of_nothing() -> None:
    assert share_of(Estimate(3, 0, 5), Estimate(2, 0, 9)) == Estimate(pytest.approx(0.6), 0, 1)
    assert not math.isnan(share_of(Estimate(0, 0, 0), Estimate(0, 0, 0)).value)
