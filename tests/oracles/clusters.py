"""Slow, obviously right models of who is who: what identity is checked against."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import networkx


def components(nodes: Iterable[int], pairs: Iterable[tuple[int, int]]) -> set[frozenset[int]]:
    """Nodes that hang together by pairs, as networkx sees it."""
    graph = networkx.Graph()
    graph.add_nodes_from(nodes)
    graph.add_edges_from(pairs)
    return {frozenset(component) for component in networkx.connected_components(graph)}


def key_groups(rows: Sequence[Mapping[str, Any]], keys: Sequence[Sequence[str]]) -> set[frozenset[int]]:
    """Rows that share all columns of some key, each pair looked at."""
    pairs = [
        (i, j)
        for i, a in enumerate(rows)
        for j, b in enumerate(rows[:i])
        if any(all(a[c] is not None and a[c] == b[c] for c in key) for key in keys)
    ]
    return components(range(len(rows)), pairs)


def fellegi_sunter(agreements: Iterable[tuple[float, float]], prior: float) -> float:
    """log2 odds of one customer: the prior's odds times m/u of every field where both values are known."""
    odds = prior / (1 - prior)
    for m, u in agreements:
        odds *= m / u
    return math.log2(odds)


def profile_groups(
    count: int, bits: Callable[[int, int], Sequence[float | None]], prior: float, least: float
) -> set[frozenset[int]]:
    """Groups merged one at a time, the best two first, while their profiles speak for one customer."""
    groups = [frozenset([node]) for node in range(count)]
    while len(groups) > 1:
        scored = [
            (_profile(a, b, bits, prior), -i, -j) for i, a in enumerate(groups) for j, b in enumerate(groups) if i < j
        ]
        best, i, j = max(scored)
        if best < least:
            break
        merged = groups[-i] | groups[-j]
        groups = [group for n, group in enumerate(groups) if n not in (-i, -j)]
        groups.insert(-i, merged)
    return set(groups)


def _profile(
    a: frozenset[int], b: frozenset[int], bits: Callable[[int, int], Sequence[float | None]], prior: float
) -> float:
    total = prior
    for field in zip(*(bits(x, y) for x in a for y in b), strict=True):
        known = [value for value in field if value is not None]
        if known:
            mean = math.log2(sum(2**value for value in known) / len(known))
            total += mean if mean >= 0 else mean * math.sqrt(min(len(a), len(b)))
    return total
