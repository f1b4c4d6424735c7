"""Homes grow from the likeliest pairs, never past what a household holds, never along a chain."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kinfolk.stages.identity.arrays import Floats, Ints
from kinfolk.stages.identity.living import live_together

EDGES = st.dictionaries(
    st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda pair: pair[0] < pair[1]), st.integers(1, 20)
)


def arrays(edges: dict[tuple[int, int], int]) -> tuple[Ints, Ints, Floats]:
    pairs = np.array(list(edges), np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1], np.array(list(edges.values()), np.float64)


def test_a_chain_of_neighbours_is_no_home() -> None:
    chain = arrays({(0, 1): 9, (1, 2): 8, (2, 3): 9})
    assert live_together(chain, 5, 12).tolist() == [0, 0, 2, 2, 4]


@given(EDGES, st.integers(2, 5))
def test_no_home_is_too_large_and_half_of_its_pairs_are_likely_wherever_two_met(
    edges: dict[tuple[int, int], int], largest: int
) -> None:
    groups = live_together(arrays(edges), 10, largest).tolist()
    for home in set(groups):
        people = [person for person, of in enumerate(groups) if of == home]
        assert home == people[0]
        assert len(people) <= largest
        inside = sum(a in people and b in people for a, b in edges)
        assert 2 * inside >= len(people) * (len(people) - 1) / 2


@given(EDGES, st.randoms())
def test_the_order_of_pairs_decides_nothing(edges: dict[tuple[int, int], int], chance: st.DrawFn) -> None:
    shuffled = list(edges.items())
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert live_together(arrays(edges), 10, 4).tolist() == live_together(arrays(dict(shuffled)), 10, 4).tolist()
