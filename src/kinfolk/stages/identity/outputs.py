"""The tables identity leaves behind, made from what was resolved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from kinfolk.model.identity import IdentityRules
from kinfolk.stages.identity.arrays import Codes, Flags, Floats, Ints, stable_order
from kinfolk.stages.identity.arrow import ArrowArray, array, pc
from kinfolk.stages.identity.decisions import Decided, among
from kinfolk.stages.identity.guards import Guard, Guards
from kinfolk.stages.identity.kept import FREQUENCIES, settings
from kinfolk.stages.identity.keys import key_name, values_of_groups
from kinfolk.stages.identity.model import to_json
from kinfolk.stages.identity.naming import Named, ids_of
from kinfolk.stages.identity.oversized import COPIES
from kinfolk.stages.identity.resolve import Resolution, Scored, bits
from kinfolk.stages.identity.scoring import probability
from kinfolk.stages.identity.thresholds import in_force
from kinfolk.tables import identity as promised
from kinfolk.tables.table import Table

_TYPES = {
    "varchar": pa.string(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("us"),
}


@dataclass(frozen=True)
class Outcome:
    """What the tables are made from; records in order of record_no.

    apart     value codes of each never rule
    learned   rows of identity.frequencies that belong to the resolution's model
    """

    records: pa.Table
    rules: IdentityRules
    apart: tuple[Codes, ...]
    resolution: Resolution
    named: Named
    learned: pa.Table

    @property
    def customers(self) -> Ints:
        """Customer number of each record."""
        return self.named.numbers[self.resolution.groups]


def tables(outcome: Outcome, guards: Guards) -> dict[str, pa.Table]:
    """Every table of identity but that of former members, with exactly its columns and types."""
    _note_groups(outcome, guards)
    rows = guards.sorted()
    learned_by = settings(outcome.rules) if outcome.rules.matching else ""
    with ThreadPoolExecutor(2) as pool:
        made = dict(zip(_MADE, pool.map(lambda make: make(outcome), _MADE.values()), strict=True))
    return {
        **made,
        promised.GUARDS.name: table_of(promised.GUARDS, {name: [getattr(r, name) for r in rows] for name in GUARD}),
        promised.MODEL.name: table_of(promised.MODEL, {"model": [to_json(outcome.resolution.model, learned_by)]}),
        promised.FREQUENCIES.name: table_of(promised.FREQUENCIES, {n: outcome.learned[n] for n in FREQUENCIES.names}),
    }


GUARD = ("guard", "rule", "value", "records", "effect")


def table_of(table: Table, columns: Mapping[str, object]) -> pa.Table:
    """Columns cast to the types the table promises."""
    arrays = []
    for name, kind in table.types.items():
        column = columns[name]
        made = column if isinstance(column, (pa.Array, pa.ChunkedArray)) else array(column, _TYPES[kind])
        arrays.append(made if made.type == _TYPES[kind] else pc.cast(made, _TYPES[kind]))
    return pa.table(arrays, names=list(table.types))


def _members(outcome: Outcome) -> pa.Table:
    """Sorted by the text of customer_id, as those who search it do."""
    groups, ids = outcome.resolution.groups, ids_of(outcome.named.numbers)
    rank = np.empty(len(ids), np.int64)
    rank[pc.sort_indices(ids).to_numpy()] = np.arange(len(ids))
    in_order = stable_order(rank[groups])
    order = array(in_order)
    records = outcome.records
    columns = {name: records[name].take(order) for name in ("source", "record_id", "record_no", "observed_at")}
    return table_of(promised.MEMBERS, {**columns, "customer_id": ids.take(array(groups[in_order]))})


def _links(outcome: Outcome) -> pa.Table:
    links, number = outcome.resolution.links, outcome.records["record_no"].to_numpy()
    names = array([*(key_name(key) for key in outcome.rules.keys), promised.BY_DECISION], pa.string())
    columns = {"record_no_a": number[links.a], "record_no_b": number[links.b], "key": names.take(array(links.key))}
    return table_of(promised.LINKS, columns)


def _pairs(outcome: Outcome) -> pa.Table:
    pairs, number = outcome.resolution.pairs, outcome.records["record_no"].to_numpy()
    groups = outcome.resolution.groups
    return table_of(
        promised.PAIRS,
        {
            "record_no_a": number[pairs.a],
            "record_no_b": number[pairs.b],
            "weight": pairs.weight,
            "probability": probability(pairs.weight),
            "same_customer": groups[pairs.a] == groups[pairs.b],
        },
    )


def _review(outcome: Outcome) -> pa.Table:
    resolution, number = outcome.resolution, outcome.records["record_no"].to_numpy()
    every = resolution.pairs
    open_ = resolution.groups[every.a] != resolution.groups[every.b]
    if outcome.rules.matching is not None:
        open_ &= every.weight >= bits(in_force(outcome.rules.matching, resolution.model)[1])
    open_ &= ~_settled(resolution.decided, every, resolution.groups)
    pairs = Scored(every.a[open_], every.b[open_], every.weight[open_])
    reasons = _reasons(outcome, pairs)
    value = _value(outcome, pairs, reasons)
    order = np.lexsort((pairs.b, pairs.a, -pairs.weight, -value))
    a, b, weight = pairs.a[order], pairs.b[order], pairs.weight[order]
    ids, customers = outcome.customers, ids_of
    return table_of(
        promised.REVIEW,
        {
            "record_no_a": number[a],
            "record_no_b": number[b],
            "customer_a": customers(ids[a]),
            "customer_b": customers(ids[b]),
            "weight": weight,
            "probability": probability(weight),
            "reason": reasons.take(array(order)),
            "value": value[order],
        },
    )


def _value(outcome: Outcome, pairs: Scored, reasons: ArrowArray) -> Floats:
    """Bits of doubt that an answer takes away, times the records and the other open pairs that it decides about."""
    groups = outcome.resolution.groups
    sizes = np.bincount(groups, minlength=1)
    x, y = groups[pairs.a], groups[pairs.b]
    between = np.minimum(x, y) * len(sizes) + np.maximum(x, y)
    _, inverse, counts = np.unique(between, return_inverse=True, return_counts=True)
    p = np.clip(probability(pairs.weight), 1e-12, 1 - 1e-12)
    doubt = -(p * np.log2(p) + (1 - p) * np.log2(1 - p))
    held = pc.starts_with(reasons, promised.HELD_APART).to_numpy(zero_copy_only=False).astype(bool)
    return np.where(held, 0.0, doubt * (sizes[x] + sizes[y] + counts[inverse] - 1))


def _settled(decided: Decided, pairs: Scored, groups: Ints) -> Flags:
    """Pairs that people answered: that nobody can tell, or of two customers with a decision that they are two."""
    different = decided.different
    theirs = replace(different, a=groups[different.a], b=groups[different.b])
    return among(decided.unsure, pairs.a, pairs.b) | among(theirs, groups[pairs.a], groups[pairs.b])


def _reasons(outcome: Outcome, pairs: Scored) -> ArrowArray:
    """Why each pair was left to a person, in words."""
    matching = outcome.rules.matching
    if matching is None:
        return array([], pa.string())
    merge_at, review_at = in_force(matching, outcome.resolution.model)
    words = [
        f"between review_at ({review_at:g}) and merge_at ({merge_at:g})",
        "likely by itself, but other records of the two customers speak against it",
        "likely by itself, but too many records hang together to merge them unseen",
    ]
    reason = np.where(pairs.weight >= bits(merge_at), 1, 0)
    crowded = np.zeros(outcome.records.num_rows, bool)
    for oversized in outcome.resolution.oversized:
        crowded[oversized.records] |= oversized.guard != COPIES
    reason[crowded[pairs.a] & (reason == 1)] = 2
    for never, codes in zip(outcome.rules.never, outcome.apart, strict=True):
        reason[_conflicts(outcome, codes, pairs)] = len(words)
        words.append(f"{promised.HELD_APART}: {never.what} differs between the two customers")
    return array(words).take(array(reason))


def _conflicts(outcome: Outcome, codes: Codes, pairs: Scored) -> Flags:
    """Whether the two customers of each pair hold different known values of a never column (a customer has one)."""
    groups = outcome.resolution.groups
    value = values_of_groups(groups, codes)
    x, y = value[groups[pairs.a]], value[groups[pairs.b]]
    return np.asarray((x >= 0) & (y >= 0) & (x != y))


def _aliases(outcome: Outcome) -> pa.Table:
    named = outcome.named
    old = np.array(sorted(named.given_up), np.int64)
    new = np.array([named.given_up[number] for number in old.tolist()], np.int64)
    return table_of(promised.ALIASES, {"alias": ids_of(old), "customer_id": ids_of(new)})


# What each record, pair or customer has a row of its own in.
_MADE: dict[str, Callable[[Outcome], pa.Table]] = {
    promised.MEMBERS.name: _members,
    promised.PAIRS.name: _pairs,
    promised.REVIEW.name: _review,
    promised.LINKS.name: _links,
    promised.ALIASES.name: _aliases,
}


def _note_groups(outcome: Outcome, guards: Guards) -> None:
    """Notes sets of records that were too large, or that likely pairs chained together and the whole pulled apart."""
    resolution, matching = outcome.resolution, outcome.rules.matching
    if matching is None:
        return
    number = outcome.records["record_no"].to_numpy()
    for one in resolution.oversized:
        first_record, words = f"record {number[one.records[0]]}", one.words(matching.largest)
        guards.add(Guard(one.guard, promised.BY_MATCHING, first_record, len(one.records), words))
    pairs, groups = resolution.pairs, resolution.groups
    cut = (groups[pairs.a] != groups[pairs.b]) & (pairs.weight >= bits(in_force(matching, resolution.model)[0]))
    if not cut.any():
        return
    sizes = np.bincount(resolution.candidate)
    first = np.full(len(sizes), len(number), np.int64)
    np.minimum.at(first, resolution.candidate, np.arange(len(number)))

    def note(guard: str, which: Flags, effect: str) -> None:
        for chain in np.unique(resolution.candidate[pairs.a[which]]).tolist():
            size = int(sizes[chain])
            guards.add(Guard(guard, promised.BY_MATCHING, f"record {number[first[chain]]}", size, effect))

    for never, codes in reversed(list(zip(outcome.rules.never, outcome.apart, strict=True))):
        held = cut.copy()
        held[cut] = _conflicts(outcome, codes, Scored(pairs.a[cut], pairs.b[cut], pairs.weight[cut]))
        note("never", held, f"Likely pairs of these records were kept apart: they differ in {never.what}.")
        cut &= ~held
    effect = "Likely pairs chain these records together, but the records as a whole speak for several customers."
    note("over_merge", cut, effect)
