"""Deterministic links: records that share a key's value are one customer, unless a guard keeps them apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from kinfolk.model.identity import IdentityRules, Key
from kinfolk.stages.identity.arrays import Codes, Flags, Ints, pack_but, ranges, run_lengths, stable_order, starts_of
from kinfolk.stages.identity.guards import Guard, Guards
from kinfolk.stages.identity.prepared import Prepared


@dataclass(frozen=True)
class Links:
    """Pairs of record positions joined by a key; `key` numbers the key in the rules."""

    a: Ints
    b: Ints
    key: Ints


def never_codes(prepared: Prepared, rules: IdentityRules) -> list[Codes]:
    """One array of value codes per never rule."""
    return [prepared.exact[never.different].codes for never in rules.never]


def link(
    prepared: Prepared, rules: IdentityRules, guards: Guards, crowded: Mapping[int, Sequence[Codes]] | None = None
) -> tuple[Links, Codes]:
    """Links of every key, and the group each record falls into by them.

    crowded   number of a key -> value codes (an array a column, then tenant) that too many records share, where the
              records are only some of them and do not tell

    A value's records form a star around the record with the smallest number. Unknown values never link, records of
    different tenants never meet, and a link that would break a never rule is left out and noted.
    """
    left_out = crowded or {}
    found = [_stars(prepared, key, (number, left_out.get(number, ())), guards) for number, key in enumerate(rules.keys)]
    links = (
        Links(*(np.concatenate([[], *parts]).astype(np.int64) for parts in zip(*found, strict=True))) if found else None
    )
    if links is None:
        return Links(*(np.zeros(0, np.int64),) * 3), np.arange(len(prepared), dtype=np.int32)
    labels = components(links.a, links.b, len(prepared))
    apart = never_codes(prepared, rules)
    broken = _broken(labels, apart)
    if broken.any():
        links = _kept(links, broken[labels[links.a]], apart, (prepared, rules, guards))
        labels = components(links.a, links.b, len(prepared))
    return links, labels


def components(a: Ints, b: Ints, count: int) -> Codes:
    """The connected component of each of `count` nodes."""
    joins = a != b
    a, b = a[joins], b[joins]
    graph = coo_array((np.ones(len(a), np.int8), (a, b)), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int32)


def with_copies(labels: Codes, first: Ints, copy: Ints, apart: Sequence[Codes]) -> Codes:
    """The groups with each copy joined to the first record it is alike to, unless that would break a never rule."""
    a, b = labels[first].astype(np.int64), labels[copy].astype(np.int64)
    count = int(labels.max(initial=-1)) + 1
    joined = components(a, b, count)[labels]
    broken = _broken(joined, apart)
    if not broken.any():
        return joined
    groups, kept = Groups([values_of_groups(labels, codes) for codes in apart]), np.ones(len(a), bool)
    for at in np.flatnonzero(broken[joined[first]]).tolist():
        kept[at] = groups.join(int(a[at]), int(b[at])) is None
    return components(a[kept], b[kept], count)[labels]


def values_of_groups(labels: npt.NDArray[np.integer[Any]], codes: Codes) -> Codes:
    """The value of a never column that each group has (it has one at most); -1 where it has none."""
    values = np.full(int(labels.max(initial=-1)) + 1, -1, np.int32)
    np.maximum.at(values, labels, codes)
    return values


def key_name(key: Key) -> str:
    """The key's columns, joined by +."""
    return "+".join(key.columns)


def _stars(
    prepared: Prepared, key: Key, numbered: tuple[int, Sequence[Codes]], guards: Guards
) -> tuple[Ints, Ints, Ints]:
    number, crowded = numbered
    columns = [prepared.exact[name].codes for name in key.columns]
    known, packed = pack_but(columns, prepared.tenant, crowded)
    order = stable_order(packed)
    starts = starts_of(packed[order])
    sizes = run_lengths(starts, len(order))
    order = known[order]
    if key.at_most is not None:
        for run in np.flatnonzero(sizes > key.at_most).tolist():
            guards.add(_too_many(prepared, key, int(order[starts[run]]), int(sizes[run])))
        allowed = sizes <= key.at_most
        starts, sizes = starts[allowed], sizes[allowed]
    hub = np.repeat(starts, sizes - 1)
    spoke = hub + 1 + ranges(sizes - 1)
    return order[hub], order[spoke], np.full(len(hub), number, np.int64)


def _too_many(prepared: Prepared, key: Key, record: int, records: int) -> Guard:
    effect = f"More than {key.at_most} records share the value, so it linked none of them."
    return Guard("at_most", key_name(key), values_of(prepared, key, [record])[0], records, effect)


def named_value(columns: Sequence[str], values: Sequence[str], tenant: tuple[str | None, str | None]) -> str:
    """A key's value as guards name it. tenant: the column that keeps tenants apart, and its value."""
    world, name = tenant
    text = " + ".join(values)
    return f"{text} ({world} {name})" if name is not None and world not in columns else text


def values_of(prepared: Prepared, key: Key, records: Sequence[int]) -> list[str]:
    """The values of a key that these records have, as guards name them."""
    named = []
    for record in records:
        values = [str(prepared.exact[name].of(record)) for name in key.columns]
        tenant = None if prepared.world is None else prepared.exact[prepared.world].of(record)
        named.append(named_value(key.columns, values, (prepared.world, tenant)))
    return named


def _broken(labels: Codes, apart: Sequence[Codes]) -> Flags:
    """Which components hold two different known values of a never column."""
    broken = np.zeros(int(labels.max(initial=-1)) + 1, bool)
    for codes in apart:
        known = codes >= 0
        pairs = np.unique(np.stack([labels[known], codes[known]]), axis=1)[0]
        values, counts = np.unique(pairs, return_counts=True)
        broken[values[counts > 1]] = True
    return broken


class Groups:
    """Groups that grow one link at a time and refuse to hold two different known values of a never column."""

    def __init__(self, apart: Sequence[Codes]) -> None:
        self._parent: dict[int, int] = {}
        self._apart = apart
        self._values: dict[int, list[int]] = {}

    def find(self, node: int) -> int:
        """The representative of the node's group."""
        root = node
        while self._parent.get(root, root) != root:
            root = self._parent[root]
        while self._parent.get(node, node) != root:
            self._parent[node], node = root, self._parent[node]
        return root

    def join(self, a: int, b: int) -> int | None:
        """Joins the groups of two nodes; the number of the never rule that forbids it, or None."""
        left, right = self.find(a), self.find(b)
        if left == right:
            return None
        ours, theirs = self._of(left), self._of(right)
        for number, (x, y) in enumerate(zip(ours, theirs, strict=True)):
            if x >= 0 and y >= 0 and x != y:
                return number
        self._parent[right] = left
        self._values[left] = [max(x, y) for x, y in zip(ours, theirs, strict=True)]
        return None

    def _of(self, root: int) -> list[int]:
        if root not in self._values:
            self._values[root] = [int(codes[root]) for codes in self._apart]
        return self._values[root]


def _kept(
    links: Links, doubtful: Flags, apart: Sequence[Codes], noted: tuple[Prepared, IdentityRules, Guards]
) -> Links:
    """The links without those that break a never rule: earlier keys and smaller record numbers go first."""
    prepared, rules, guards = noted
    groups = Groups(apart)
    keep, a, b = np.ones(len(links.a), bool), links.a.copy(), links.b
    hubs: dict[tuple[int, int], list[int]] = {}
    for at in np.flatnonzero(doubtful).tolist():
        hub, spoke, number = int(a[at]), int(b[at]), int(links.key[at])
        refused = groups.join(hub, spoke)
        if refused is None:
            continue
        others = hubs.setdefault((number, hub), [])
        accepted = next((other for other in others if groups.join(other, spoke) is None), None)
        if accepted is None:
            keep[at] = False
            others.append(spoke)
        else:
            a[at] = accepted
        effect = f"Not every link by this value was made: records differ in {rules.never[refused].different}."
        name = key_name(rules.keys[number])
        guards.add(Guard("never", name, values_of(prepared, rules.keys[number], [spoke])[0], 1, effect))
    return Links(a[keep], b[keep], links.key[keep])
