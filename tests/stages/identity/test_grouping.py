"""Cluster profiles and components against slow models of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kinfolk.stages.identity import profiles
from kinfolk.stages.identity.keys import components
from tests.oracles.clusters import components as slow_components
from tests.oracles.clusters import profile_groups

BITS = st.one_of(st.none(), st.floats(-8, 12).map(lambda bits: round(bits, 3)))


def batch(squares: list[np.ndarray], prior: float, least: float) -> profiles.Batch:
    """Components from squares of bits per field (nan = unknown)."""
    values = np.stack(squares).transpose(0, 2, 3, 1)
    known = ~np.isnan(values)
    cells = np.stack([known.astype(float), np.where(known, np.exp2(np.nan_to_num(values)), 0)], axis=3)
    n = values.shape[1]
    nothing = np.zeros((len(squares), n, n), bool)
    alone = np.nansum(values, axis=3) + prior
    return profiles.Batch(
        cells, alone, nothing.copy(), nothing.copy(), (prior, 0.0), least, np.ones((len(squares), n)), np.inf
    )


@st.composite
def component(draw: st.DrawFn) -> np.ndarray:
    """Two fields × 4 × 4 bits, symmetric."""
    square = np.full((2, 4, 4), np.nan)
    for i in range(4):
        for j in range(i):
            for field in range(2):
                bits = draw(BITS)
                square[field, i, j] = square[field, j, i] = np.nan if bits is None else bits
    return square


@given(st.lists(component(), min_size=1, max_size=3), st.floats(-6, 0), st.floats(0, 5))
def test_profiles_merge_as_the_slow_model_does(squares: list[np.ndarray], prior: float, least: float) -> None:
    grouped, cut = profiles.merge(batch(squares, prior, least))
    assert not cut.any()
    for square, groups in zip(squares, grouped, strict=True):

        def bits(x: int, y: int, square: np.ndarray = square) -> list[float | None]:
            return [None if np.isnan(v) else float(v) for v in square[:, x, y]]

        found = {frozenset(np.flatnonzero(groups == g).tolist()) for g in groups.tolist()}
        assert found == profile_groups(4, bits, prior, least)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=15))
def test_components_are_those_of_networkx(pairs: list[tuple[int, int]]) -> None:
    a, b = np.array([p[0] for p in pairs], int), np.array([p[1] for p in pairs], int)
    labels = components(a, b, 10)
    found = {frozenset(np.flatnonzero(labels == label).tolist()) for label in labels.tolist()}
    assert found == slow_components(range(10), pairs)


def test_what_must_not_be_together_stays_apart_however_strong_the_evidence() -> None:
    made = batch([np.full((1, 3, 3), 30.0)], 0.0, 0.0)
    made.apart[0, 0, 2] = made.apart[0, 2, 0] = True
    groups = profiles.merge(made)[0][0]
    assert groups[0] != groups[2]


def test_what_must_be_together_is_however_weak_the_evidence() -> None:
    made = batch([np.full((1, 3, 3), -30.0)], 0.0, 0.0)
    made.together[0, 0, 2] = made.together[0, 2, 0] = True
    groups = profiles.merge(made)[0][0]
    assert groups[0] == groups[2] != groups[1]


def test_of_a_group_that_would_be_too_large_the_strongest_part_stays() -> None:
    square = np.full((1, 4, 4), 5.0)
    square[0, 2, 3] = square[0, 3, 2] = 9.0
    made = replace(batch([square], 0.0, 0.0), most=2.0)
    groups, cut = profiles.merge(made)
    assert cut.tolist() == [True]
    assert groups[0].tolist() == [0, 0, 2, 2]


def test_what_must_be_together_is_however_large() -> None:
    made = replace(batch([np.full((1, 3, 3), 5.0)], 0.0, 0.0), most=1.0)
    made.together[:] = True
    groups, cut = profiles.merge(made)
    assert not cut.any() and len(set(groups[0].tolist())) == 1
