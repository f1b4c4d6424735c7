"""How two records of one customer hang together when nothing joins them directly."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True)
class Hop:
    """One step of the way: two records joined by a key, or else by a pair of that weight in bits."""

    record_no_a: int
    record_no_b: int
    key: str | None
    weight: float | None


def path(links: pa.Table, pairs: pa.Table, a: int, b: int) -> tuple[Hop, ...]:
    """The fewest steps from record a to record b, keys before pairs, stronger pairs before weaker ones.

    links, pairs  rows of identity.links and identity.pairs among the customer's records
    Empty when a is b, or when the records were only brought together by all the evidence of their groups at once.
    """
    ways: dict[int, list[Hop]] = defaultdict(list)
    for hop in _hops(links, pairs):
        ways[hop.record_no_a].append(hop)
        ways[hop.record_no_b].append(Hop(hop.record_no_b, hop.record_no_a, hop.key, hop.weight))
    came: dict[int, Hop | None] = {a: None}
    waiting = deque([a])
    while waiting and b not in came:
        for hop in ways[waiting.popleft()]:
            if hop.record_no_b not in came:
                came[hop.record_no_b] = hop
                waiting.append(hop.record_no_b)
    way = []
    last = came.get(b)
    while last is not None:
        way.append(last)
        last = came[last.record_no_a]
    return tuple(reversed(way))


def _hops(links: pa.Table, pairs: pa.Table) -> list[Hop]:
    by_key = [Hop(row["record_no_a"], row["record_no_b"], row["key"], None) for row in links.to_pylist()]
    scored = [row for row in pairs.to_pylist() if row["same_customer"]]
    scored.sort(key=lambda row: (-row["weight"], row["record_no_a"], row["record_no_b"]))
    return by_key + [Hop(row["record_no_a"], row["record_no_b"], None, row["weight"]) for row in scored]
