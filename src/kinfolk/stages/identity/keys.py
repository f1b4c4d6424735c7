"""Deterministic links: records that share a key's value are one customer, unless a guard keeps them apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kinfolk.model.identity import IdentityRules, Key, Never
from kinfolk.stages.identity.arrays import (
    NO_VALUE,
    Codes,
    Flags,
    Ints,
    pack_but,
    ranges,
    run_lengths,
    stable_order,
    starts_of,
)
from kinfolk.stages.identity.arrow import pc
from kinfolk.stages.identity.decisions import Decided, Pairs
from kinfolk.stages.identity.guards import Guard, Guards
from kinfolk.stages.identity.prepared import SOURCE, Prepared


@dataclass(frozen=True)
class Links:
    """Pairs of record positions joined by a key, or by a decision.

    key  numbers the key in the rules; a decision comes after the last of them
    """

    a: Ints
    b: Ints
    key: Ints


@dataclass(frozen=True)
class Apart:
    """What keeps records from being one customer: value codes of each never column, and pairs people keep apart."""

    codes: Sequence[Codes]
    pairs: Pairs = Pairs()

    def of_groups(self, labels: npt.NDArray[np.integer[Any]]) -> Apart:
        """The same of groups of records."""
        values = [values_of_groups(labels, codes) for codes in self.codes]
        a, b = (labels[end].astype(np.int64) for end in (self.pairs.a, self.pairs.b))
        return Apart(values, Pairs(a, b, self.pairs.number))


_TRIED = 50  # records a link is tried with where the first of its value may not be: every one of many would never end
BY_DECISION = -1  # what forbids a link that no never rule forbids


def never_codes(prepared: Prepared, rules: IdentityRules) -> list[Codes]:
    """One array of value codes per never rule. Each record of a source without duplicates is a value of its own."""
    return [_never_code(prepared, never) for never in rules.never]


def _never_code(prepared: Prepared, never: Never) -> Codes:
    if never.same_source is None:
        return prepared.exact[never.different].codes
    own = np.arange(len(prepared), dtype=np.int32)
    if SOURCE not in prepared.exact:  # golden profiles are nobody's records
        return np.full_like(own, NO_VALUE)
    column = prepared.exact[SOURCE]
    code = pc.index(column.values, never.same_source).as_py()
    return np.where((column.codes == code) & (code >= 0), own, NO_VALUE).astype(np.int32)


def link(
    prepared: Prepared,
    rules: IdentityRules,
    guards: Guards,
    crowded: Mapping[int, Sequence[Codes]] | None = None,
    decided: Decided | None = None,
) -> tuple[Links, Codes]:
    """Links of every decision and key, and the group each record falls into by them.

    crowded   number of a key -> value codes (an array a column, then tenant) that too many records share, where the
              records are only some of them and do not tell

    A value's records form a star around the record with the smallest number. Unknown values never link, records of
    different tenants never meet, and a link that would break a never rule, or join what people keep apart, is left out
    and noted. Decisions go before keys.
    """
    left_out, decided = crowded or {}, decided or Decided()
    found = [_by_decision(prepared, rules, guards, decided.same)]
    found += [
        _stars(prepared, key, (number, left_out.get(number, ())), guards) for number, key in enumerate(rules.keys)
    ]
    links = Links(*(np.concatenate(parts).astype(np.int64) for parts in zip(*found, strict=True)))
    if not len(links.a):
        return links, np.arange(len(prepared), dtype=np.int32)
    labels = components(links.a, links.b, len(prepared))
    apart = Apart(never_codes(prepared, rules), decided.different)
    broken = _broken(labels, apart)
    if broken.any():
        links = _kept(links, broken[labels[links.a]], apart, (_Noted(prepared, rules, guards), decided.same))
        labels = components(links.a, links.b, len(prepared))
    return links, labels


def components(a: Ints, b: Ints, count: int) -> Codes:
    """The connected component of each of `count` nodes."""
    # Most commands explain or list and group nothing; scipy is a tenth of their start.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    joins = a != b
    a, b = a[joins], b[joins]
    graph = coo_array((np.ones(len(a), np.int8), (a, b)), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int32)


def with_copies(labels: Codes, first: Ints, copy: Ints, apart: Apart) -> tuple[Codes, Ints]:
    """The groups with each copy joined to the first record it is alike to, unless that may not be; and which may not.

    A copy that people keep apart from the first is joined to another such copy instead, where that may be.
    """
    a, b = labels[first].astype(np.int64), labels[copy].astype(np.int64)
    count = int(labels.max(initial=-1)) + 1
    joined = components(a, b, count)[labels]
    broken = _broken(joined, apart)
    if not broken.any():
        return joined, np.zeros(0, np.int64)
    groups, kept, refused = Groups(apart.of_groups(labels)), np.ones(len(a), bool), list[int]()
    others: dict[int, list[int]] = {}
    for at in np.flatnonzero(broken[joined[first]]).tolist():
        hub, spoke = int(a[at]), int(b[at])
        why = groups.join(hub, spoke)
        if why == BY_DECISION:
            refused.append(int(copy[at]))
            beside = others.setdefault(int(first[at]), [])
            accepted = next((other for other in beside[:_TRIED] if groups.join(other, spoke) is None), None)
            if accepted is None:
                beside.append(spoke)
            else:
                a[at], why = accepted, None
        kept[at] = why is None
    return components(a[kept], b[kept], count)[labels], np.array(refused, np.int64)


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


def _broken(labels: Codes, apart: Apart) -> Flags:
    """Which components hold two different known values of a never column, or two records that people keep apart."""
    broken = np.zeros(int(labels.max(initial=-1)) + 1, bool)
    for codes in apart.codes:
        known = codes >= 0
        pairs = np.unique(np.stack([labels[known], codes[known]]), axis=1)[0]
        values, counts = np.unique(pairs, return_counts=True)
        broken[values[counts > 1]] = True
    ours, theirs = labels[apart.pairs.a], labels[apart.pairs.b]
    broken[ours[ours == theirs]] = True
    return broken


class Groups:
    """Groups that grow one link at a time and refuse to hold what is to be kept apart."""

    def __init__(self, apart: Apart) -> None:
        self._parent: dict[int, int] = {}
        self._codes = apart.codes
        self._values: dict[int, list[int]] = {}
        self._foes: dict[int, set[int]] = {}
        for a, b in zip(apart.pairs.a.tolist(), apart.pairs.b.tolist(), strict=True):
            self._foes.setdefault(a, set()).add(b)
            self._foes.setdefault(b, set()).add(a)

    def find(self, node: int) -> int:
        """The representative of the node's group."""
        root = node
        while self._parent.get(root, root) != root:
            root = self._parent[root]
        while self._parent.get(node, node) != root:
            self._parent[node], node = root, self._parent[node]
        return root

    def join(self, a: int, b: int) -> int | None:
        """Joins the groups of two nodes; or the number of the never rule that forbids it, BY_DECISION; else None."""
        left, right = self.find(a), self.find(b)
        if left == right:
            return None
        ours, theirs = self._of(left), self._of(right)
        for number, (x, y) in enumerate(zip(ours, theirs, strict=True)):
            if x >= 0 and y >= 0 and x != y:
                return number
        foes, others = self._foes.get(left, set()), self._foes.get(right, set())
        fewer, root = (foes, right) if len(foes) <= len(others) else (others, left)
        if any(self.find(foe) == root for foe in fewer):
            return BY_DECISION
        self._parent[right] = left
        self._values[left] = [max(x, y) for x, y in zip(ours, theirs, strict=True)]
        if others:
            self._foes[left] = foes | others
        return None

    def _of(self, root: int) -> list[int]:
        if root not in self._values:
            self._values[root] = [int(codes[root]) for codes in self._codes]
        return self._values[root]


def _by_decision(prepared: Prepared, rules: IdentityRules, guards: Guards, same: Pairs) -> tuple[Ints, Ints, Ints]:
    """Links of records that people call one customer, but for those of different tenants."""
    together = np.ones(len(same.a), bool)
    if prepared.tenant is not None:
        together = prepared.tenant[same.a] == prepared.tenant[same.b]
        for number in np.unique(same.number[~together]).tolist():
            guards.add(_overruled(number, str(rules.tenant)))
    a, b = same.a[together], same.b[together]
    return a, b, np.full(len(a), len(rules.keys), np.int64)


def _overruled(number: int, column: str) -> Guard:
    effect = f"A decision for one customer was not carried out: the records differ in {column}."
    return Guard("decision", f"decision {number}", column, 2, effect)


@dataclass(frozen=True)
class _Noted:
    """What names a link that was left out, and where it is noted."""

    prepared: Prepared
    rules: IdentityRules
    guards: Guards

    def left_out(self, spoke: int, number: int, why: int) -> None:
        """A link by a key was not made."""
        key = self.rules.keys[number]
        name, difference = "decision", "people decided so"
        if why != BY_DECISION:
            name, difference = "never", f"records differ in {self.rules.never[why].what}"
        effect = f"Not every link by this value was made: {difference}."
        value = values_of(self.prepared, key, [spoke])[0]
        self.guards.add(Guard(name, key_name(key), value, 1, effect))


def _kept(links: Links, doubtful: Flags, apart: Apart, noted: tuple[_Noted, Pairs]) -> Links:
    """The links without those that may not be: decisions, then earlier keys and smaller record numbers go first."""
    notes, same = noted
    numbers = dict(zip(zip(same.a.tolist(), same.b.tolist(), strict=True), same.number.tolist(), strict=True))
    groups = Groups(apart)
    keep, a, b = np.ones(len(links.a), bool), links.a.copy(), links.b
    hubs: dict[tuple[int, int], list[int]] = {}
    for at in np.flatnonzero(doubtful).tolist():
        hub, spoke, number = int(a[at]), int(b[at]), int(links.key[at])
        refused = groups.join(hub, spoke)
        if refused is None:
            continue
        if number == len(notes.rules.keys):
            keep[at] = False
            # Contradictions among decisions are taken out before, so a rule it is.
            notes.guards.add(_overruled(numbers[hub, spoke], notes.rules.never[refused].what))
            continue
        others = hubs.setdefault((number, hub), [])
        accepted = next((other for other in others[:_TRIED] if groups.join(other, spoke) is None), None)
        if accepted is None:
            keep[at] = False
            others.append(spoke)
        else:
            a[at] = accepted
        notes.left_out(spoke, number, refused)
    return Links(a[keep], b[keep], links.key[keep])
